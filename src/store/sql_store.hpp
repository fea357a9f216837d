// A part of a study in the tables of schema.hpp, in whatever database.
// Thread-safety: one thread at a time an object.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "store/file_lock.hpp"
#include "store/row_digests.hpp"
#include "store/sql.hpp"
#include "store/study_store.hpp"

namespace sweetspot::store {

class SqlStore final : public StudyStore {
 public:
  // `layout` is that of the tables as they are seen here; older ones are only read. `shown` stands
  // for the store in errors; `lock`, of a file, is held as long as the object.
  SqlStore(std::unique_ptr<Sql> sql, int layout, std::unique_ptr<FileLock> lock, std::string shown,
           std::string name, std::string part, Damaged damaged = Damaged::refused);

  void on_wait(std::function<void(const std::string&)> say) override {
    sql_->on_wait(std::move(say));
  }
  std::optional<StudyRecord> record() override;
  void write_record(const StudyRecord& record, const std::vector<std::string>& metrics) override;
  std::string identity() override;
  std::vector<std::string> register_metrics(const std::vector<std::string>& metrics) override;
  std::string part() const override { return part_; }
  std::vector<std::string> parts() override;
  std::vector<study::Trial> trials() override;
  std::vector<study::Trial> trials_here() override;
  void add_trials(const std::vector<study::Trial>& trials) override;
  void reset_trials(const std::vector<int>& numbers) override;
  std::vector<int> write(const Batch& batch) override;
  study::Curve curve(int trial) override;
  std::map<int, study::Curve> curves(const std::vector<int>& trials) override;
  std::vector<int> damaged() const override;
  std::vector<std::string> verify() override;
  Cost cost() override;
  std::optional<std::vector<uint8_t>> snapshot(int trial) override;
  std::optional<std::vector<uint8_t>> rewind(int trial) override;
  void atomically(const std::function<void()>& work) override;

  void join(const WorkerInfo& worker) override;
  void leave() override;
  std::vector<Claim> claim(size_t most, std::optional<double> scale) override;
  std::vector<int> take(const std::vector<int>& numbers) override;
  std::optional<std::vector<int>> beat() override;
  void give_back(const std::vector<int>& trials) override;
  bool begin_end() override;
  void publish(const std::vector<study::FedSegment>& segments) override;
  std::vector<study::Trial> trials_among(const std::vector<int>& numbers) override;
  std::vector<study::Trial> stopped_among(const std::vector<int>& numbers) override;
  void cancel() override;
  bool is_cancelled() override;
  bool has_open_trials() override;
  Standing standing() override;
  std::vector<WorkerStanding> workers() override;

 private:
  template <class Work>
  auto transact(Work&& work, Durability durability = Durability::now) -> decltype(work());
  [[noreturn]] void refuse(const std::string& what) const;
  // Runs a piece of work on what was read; its errors get the store's name.
  template <class Work>
  auto named(Work&& work) const -> decltype(work()) {
    try {
      return work();
    } catch (const Error& error) {
      refuse(error.what());
    }
  }
  void find_part();  // 0 while the study has no such part

  void write_study_digest();
  void add_to_parts();
  void insert_trials(const std::vector<study::Trial>& trials, bool waiting);
  void reopen();
  void insert_lineage(const study::Trial& trial);
  std::vector<std::string> metrics_here();
  void insert_metrics(const std::vector<std::string>& metrics, size_t first);
  void add_to_study(const std::string& column, int64_t digest);
  // Gives what is to be added, once the trials' rows are written.
  CurveDigests insert_observations(const std::vector<Observation>& observations);
  CurveDigests replaced_digests(const std::vector<SqlRow>& observations);
  void write_curve_digests(const CurveDigests& digests);
  void write_snapshots(const std::vector<Batch::Snapshot>& snapshots);
  // These write the digests of their trials' curves, too, and take them out.
  void write_pauses(const std::vector<Batch::Pause>& pauses, CurveDigests& curves);
  void write_ends(const std::vector<study::Trial>& trials, CurveDigests& curves);
  int64_t insert_run();
  void write_cost(const Cost& cost, int64_t run);
  // Throws Damage: of the part as a whole.
  [[noreturn]] void damaged(const std::string& what) const;
  // The same of a trial, which is left out where such are skipped.
  void damaged_trial(int64_t number, const std::string& what);
  // The columns of the part's row that its digest is of; no row where there is no such part.
  std::vector<SqlRow> study_row();
  // What is selected of trials `t` with lineages `l`, for trial_of_row().
  std::string selected_trial() const;
  study::Trial trial_of_row(const SqlRow& row);
  std::vector<study::Trial> trials_of_rows(const std::vector<SqlRow>& rows);
  std::vector<study::Trial> trials_where(const std::string& condition, const SqlRow& parameters);
  std::vector<study::Trial> all_trials();
  std::vector<study::Trial> trials_one_by_one();
  void require_all_there(const std::vector<SqlRow>& rows);
  const std::string& worker_name(int64_t id);
  std::map<int, study::Curve> curves_at_once(const std::vector<int64_t>& trials);
  // Trial, step, state, snapshot_digest, curve_digest; without a snapshot nulls in its place.
  std::vector<SqlRow> snapshot_rows(const std::vector<int64_t>& trials);
  std::optional<std::vector<uint8_t>> snapshot_of(const SqlRow& row);
  // Throws where a state's digest is not that of a row's columns.
  void require_state(const SqlValue& is_right, const std::string& what) const;
  // Leaves in a batch what is about trials that this worker has on lease, whose rows stay locked,
  // and gives the others.
  std::vector<int> drop_what_is_not_held(Batch& batch);
  // In a transaction of the caller's.
  std::vector<Claim> claim_within(size_t most, std::optional<double> scale);
  std::vector<Claim> claims_of(const std::vector<SqlRow>& rows,
                               const std::vector<int64_t>& numbers);
  // The snapshots that there are, of trials that are rewound.
  std::map<int, std::vector<uint8_t>> rewind_all(const std::vector<int64_t>& trials);
  std::optional<std::vector<int>> beat_within();
  void end_leases_of_the_future(double now);
  void end_dead_workers();
  // False where it has ended.
  bool lock_own_lease();
  int64_t insert_worker(const WorkerInfo& worker);
  void give_up_worker(int64_t worker);
  double database_time();
  void end_open_trials(study::Outcome outcome, const std::optional<std::string>& note,
                       const std::string& condition, const SqlRow& parameters);
  void publish_new(const study::FedSegment& segment);
  void publish_more(const study::FedSegment& segment);

  std::unique_ptr<Sql> sql_;
  bool has_digests_;
  std::unique_ptr<FileLock> lock_;
  std::string shown_;
  std::string name_;
  std::string part_;
  bool skips_damaged_;
  std::map<int, std::string> damaged_;  // trials that were left out, and why
  std::map<int64_t, std::string> worker_names_;
  int64_t part_id_ = 0;
  int64_t run_id_ = 0;
  int64_t worker_id_ = 0;  // 0: not joined
  double lease_seconds_ = 0;
  bool is_fenced_ = false;
};

template <class Work>
auto SqlStore::transact(Work&& work, Durability durability) -> decltype(work()) {
  try {
    return sql_->transact(work, durability);
  } catch (const SqlConflict&) {
    throw StoreUnreachable(shown_ + ": the database is too busy: others were always in the way");
  }
}

}  // namespace sweetspot::store

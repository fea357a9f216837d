// What the figures of a search share: which trials are the search's, what they are worth, and how they
// are described.
import {NAME, subtitle} from './axes.js';
import {least} from './places.js';
import {countText, lookOf, shortNumber} from './style.js';
import {oneLine, shortened, tooltip as tooltipOf} from './text.js';

// Errors below are rounding: the metric is perfect.
var NO_ERROR = 1e-9;

// What is worked out once for a study.
function once(study, key, make) {
  var kept = study.worked_out || (study.worked_out = {});
  if (kept[key] === undefined) kept[key] = make();
  return kept[key];
}

// Trials that tell something; those with fresh seeds confirm an answer and are none of the search.
export function ended(study) {
  return once(study, 'ended', function () {
    var metric = bestMetric(study);
    return study.trials.filter(function (trial) {
      var column = metric === null ? 0 : trial.curve.columns.indexOf(metric);
      return trial.outcome !== null && trial.outcome !== 'failed' && trial.outcome !== 'cancelled' &&
          trial.curve.rows.some(function (row) { return typeof row[column] === 'number'; });
    });
  });
}
export function isConfirmation(study, trial) {
  return trial.seed !== study.study.seed;
}
export function isOnProxy(trial) {
  return trial.own === undefined && trial.config.proxy !== undefined;
}
export function searched(study) {
  return once(study, 'searched', function () {
    return ended(study).filter(function (trial) { return !isConfirmation(study, trial) && !isOnProxy(trial); });
  });
}

// In the order of the space, which the study's optimizers have.
export function optimizersOf(trials, study) {
  return study.study.optimizers.filter(function (optimizer) {
    return trials.some(function (trial) { return trial.config.optimizer === optimizer; });
  });
}
export function lookIn(study, optimizer) {
  if (optimizer === study.study.others) return {color: '#888888', symbol: 'circle'};
  return lookOf(optimizer, study.study.optimizers.indexOf(optimizer));
}

// The metric of objective "best:METRIC"; none where the steps to the target count.
export function bestMetric(study) {
  var objective = study.study.search.objective;
  return objective === 'steps-to-target' ? null : objective.slice(objective.indexOf(':') + 1);
}
function isLeast(study) {
  return study.study.search.objective.indexOf('least:') === 0;
}

// How a metric is drawn: 'error' by what it leaves to 1, where it is a share; else 'least' or 'most', as it
// is to become.
export function metricScale(study) {
  if (isLeast(study)) return 'least';
  return once(study, 'scale', function () {
    var metric = bestMetric(study);
    var isShare = searched(study).every(function (trial) {
      var column = trial.curve.columns.indexOf(metric);
      return trial.curve.rows.every(function (row) {
        return typeof row[column] !== 'number' || (row[column] >= 0 && row[column] <= 1);
      });
    });
    return isShare ? 'error' : 'most';
  });
}
function lossOfMetric(scale, value) {
  if (scale === 'error') return 1 - value < NO_ERROR ? 0 : 1 - value;
  return scale === 'least' ? value : -value;
}
// The metric again, as text.
export function metricText(scale, loss) {
  if (scale === 'error') return percent(1 - loss);
  return shortNumber(scale === 'least' ? loss : -loss, 4);
}
export function worked(study, trial) {
  return trial.outcome === (bestMetric(study) === null ? 'reached' : 'exhausted');
}
export function workedWords(study) {
  return bestMetric(study) === null ? 'reached the target' : 'trained to the end';
}
// The least loss of a metric over a trial's checks; none where it has none.
function bestLoss(trial, metric, scale) {
  var column = trial.curve.columns.indexOf(metric);
  var losses = trial.curve.rows.filter(function (row) { return typeof row[column] === 'number'; })
                   .map(function (row) { return lossOfMetric(scale, row[column]); });
  return losses.length > 0 ? least(losses) : null;
}
// The less the better: steps, or the error that the best metric leaves.
export function lossOf(study, trial) {
  var metric = bestMetric(study);
  return metric === null ? trial.steps : bestLoss(trial, metric, metricScale(study));
}
export function percent(share) {
  return String(Number((100 * share).toFixed(2))) + ' %';
}
export function lossText(study, loss) {
  return bestMetric(study) === null ? countText(loss) + ' steps' : metricText(metricScale(study), loss);
}
export function isAnswer(study, trial) {
  if (study.answer === null || isConfirmation(study, trial)) return false;
  var lineage = study.answer.lineage;
  // Of a population others may have ended with the same config, by other ways.
  if (lineage.length > 0) return trial.number === lineage[lineage.length - 1].trial;
  return JSON.stringify(trial.config) === JSON.stringify(study.answer.config);
}

// Trials of a population train side by side.
export function hasLineage(study) {
  return searched(study).some(function (trial) { return trial.origin; });
}
// [step, loss] of every check of the objective's metric.
export function checks(study) {
  var metric = bestMetric(study);
  var points = [];
  if (metric === null) return points;
  var scale = metricScale(study);
  searched(study).forEach(function (trial) {
    var column = trial.curve.columns.indexOf(metric);
    trial.curve.rows.forEach(function (row) {
      if (typeof row[column] === 'number') points.push([row[0], lossOfMetric(scale, row[column])]);
    });
  });
  return points.sort(function (a, b) { return a[0] - b[0]; });
}

function configText(config) {
  return Object.keys(config).map(function (name) {
    var value = config[name];
    return oneLine(name + ' ' + (typeof value === 'number' ? shortNumber(value, 4) : value));
  }).join(', ');
}
function describe(study, trial) {
  var metric = bestMetric(study);
  var outcome = trial.outcome === 'exhausted' && metric !== null ? 'trained' : trial.outcome;
  return [
    'trial ' + trial.number + ': ' + configText(trial.own || trial.config),
    outcome + (outcome === 'trained' ? ' ' : ' after ') + countText(trial.steps) + ' steps' +
        (metric === null ? '' : ', best ' + metricName(metric) + ' ' + lossText(study, lossOf(study, trial)))
  ].concat(isConfirmation(study, trial) ? ['seed ' + trial.seed] : [], trial.note ? [trial.note] : []);
}
export function tooltip(study) {
  return tooltipOf('item', function (point) {
    return point.data && point.data.trial !== undefined ? describe(study, study.trials[point.data.trial]) : [];
  });
}
export function metricName(metric) { return shortened(oneLine(metric), NAME).replace(/_/g, ' '); }

export function searchWords(study) {
  var onProxy = ended(study).filter(isOnProxy).length;
  return 'method ' + study.study.search.method + ', ' + countText(searched(study).length) + ' trials' +
      (onProxy > 0 ? ' after ' + countText(onProxy) + ' on ' + study.study.search.proxy : '') + '; ' +
      subtitle(study);
}

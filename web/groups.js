// Of hundreds of choices a figure shows the best: more than these no reader tells apart, and no page has
// room for. A search's other choices stand together; a sweep's are left to the table.
import {least} from './places.js';
import {countText} from './style.js';
import {lossOf, searched, worked} from './tune_trials.js';

export var MOST_GROUPS = 20;

// The best value of each choice, the less the better.
function bestOfSearch(study) {
  var best = {};
  searched(study).forEach(function (trial) {
    if (!worked(study, trial)) return;
    var key = '$' + trial.config.optimizer;
    var loss = lossOf(study, trial);
    if (!(best[key] <= loss)) best[key] = loss;
  });
  return best;
}
function bestOfGrid(study) {
  var best = {};
  study.optimizers.forEach(function (row) { if (row.best) best['$' + row.optimizer] = row.best.steps; });
  if (study.sizes) {
    study.sizes.lines.forEach(function (line) {
      var steps = least(line.points.map(function (point) { return point.steps === null ? Infinity : point.steps; }));
      var key = '$' + line.optimizer;
      if (!(best[key] <= steps)) best[key] = steps;
    });
  }
  return best;
}

export function withFewGroups(study) {
  var s = study.study;
  if (!s || !s.command || s.optimizers.length <= MOST_GROUPS) return study;
  var isSearch = s.kind === 'tune';
  var best = isSearch ? bestOfSearch(study) : bestOfGrid(study);
  var answer = study.answer ? study.answer.config.optimizer : null;
  if (answer !== null) best['$' + answer] = -Infinity;
  function valueOf(name) { return best['$' + name] === undefined ? Infinity : best['$' + name]; }
  var places = s.optimizers.map(function (name, i) { return i; }).sort(function (a, b) {
    var first = valueOf(s.optimizers[a]);
    var second = valueOf(s.optimizers[b]);
    return first === second ? a - b : first - second;
  });
  var kept = {};
  places.slice(0, MOST_GROUPS - 1).forEach(function (i) { kept['$' + s.optimizers[i]] = true; });
  function isKept(row) { return kept['$' + row.optimizer] === true; }
  var all = s.optimizers.length;
  s.optimizers = s.optimizers.filter(function (name) { return kept['$' + name]; });
  s.few_words = ', the best ' + s.optimizers.length + ' of ' + countText(all) + ' choices';
  if (isSearch) {
    s.others = 'the other ' + countText(all - s.optimizers.length);
    s.optimizers.push(s.others);
    study.trials.forEach(function (trial) { if (!isKept(trial.config)) trial.config.optimizer = s.others; });
  } else {
    study.optimizers = study.optimizers.filter(isKept);
    if (study.sizes) {
      var widest = study.sizes.widest === null ? null : study.sizes.lines[study.sizes.widest];
      study.sizes.lines = study.sizes.lines.filter(function (line) { return isKept(line) || line === widest; });
      study.sizes.widest = widest === null ? null : study.sizes.lines.indexOf(widest);
      study.sizes.best = study.sizes.best.filter(isKept);
    }
  }
  return study;
}

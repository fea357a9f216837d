// Studies of a program of one's own, in the form that the figures know: what the study is drawn by stands
// where a network's optimizer and learning rate would, every other parameter beside it.
import {most} from './places.js';
import {displayNames, oneLine, shortened} from './text.js';

var NAME = 32;  // characters of a choice; tooltips and tables have it whole

// The choice as the study's list has it, numbers among choices too.
function groupOf(study, config) {
  var axes = study.study.axes;
  if (axes.group === '') return 'all';
  var value = config[axes.group];
  if (value === undefined || value === null) return 'none';
  if (typeof value !== 'number') return String(value);
  return study.study.optimizers.filter(function (name) { return Number(name) === value; })[0] || String(value);
}

function placed(study, config, nameOf) {
  var axes = study.study.axes;
  var place = {};
  Object.keys(config).forEach(function (name) {
    if (name !== axes.group && name !== axes.number) place[name] = config[name];
  });
  place.optimizer = nameOf(groupOf(study, config));
  // A number that is missing, or is none, has its place at the axis' edge.
  var number = config[axes.number];
  place.learning_rate = axes.number === '' ? 1 : typeof number === 'number' ? number : null;
  return place;
}

// The study's choices, and what else its trials have.
function groupsOf(study) {
  var groups = study.study.optimizers.length === 0 ? ['all'] : study.study.optimizers.slice();
  var known = {};
  groups.forEach(function (name) { known['$' + name] = true; });
  study.trials.forEach(function (trial) {
    var name = groupOf(study, trial.config);
    if (!known['$' + name]) groups.push(name);
    known['$' + name] = true;
  });
  return groups;
}

export function prepared(study) {
  var s = study.study;
  if (!s || !s.command) return study;
  var groups = groupsOf(study);
  var nameOf = displayNames(groups, NAME);
  function renamed(rows) {
    rows.forEach(function (row) { row.optimizer = nameOf(row.optimizer) || row.optimizer; });
  }
  var numbers = {};
  study.trials.forEach(function (trial) {
    trial.own = trial.config;
    trial.config = placed(study, trial.config, nameOf);
    if (trial.config.learning_rate === null) s.misses_numbers = true;
    else numbers[trial.config.learning_rate] = true;
  });
  if (study.answer) {
    study.answer.config = placed(study, study.answer.config, nameOf);
    study.answer.lineage.forEach(function (ancestor) { ancestor.config = placed(study, ancestor.config, nameOf); });
  }
  s.optimizers = groups.map(nameOf);
  renamed(study.optimizers);
  s.learning_rates = Object.keys(numbers).map(Number).sort(function (a, b) { return a - b; });
  if (s.budget === null) s.longest = most(study.trials.map(function (trial) { return trial.steps; }).concat([0]));
  if (study.sizes) {
    renamed(study.sizes.lines);
    renamed(study.sizes.best);
    study.sizes.lines.forEach(function (line) {
      line.points.forEach(function (point) { point.weights = point.scale; });
    });
    study.sizes.best.forEach(function (row) { row.weights = row.scale; });
  }
  return study;
}

// The last words of a command: its program, without the path.
export function programName(command) {
  if (command === '') return 'trials of one’s own';
  var words = oneLine(command).split(/\s+/).filter(function (word) { return word.charAt(0) !== '-' && word.indexOf('{') < 0; });
  var script = words.filter(function (word) { return word.indexOf('.') > 0; })[0] || words[0] || 'a program';
  return shortened(script.split('/').pop(), NAME);
}

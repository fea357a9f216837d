// Studies of a program of one's own, in the form that the figures know: what the study is drawn by stands
// where a network's optimizer and learning rate would, every other parameter beside it.

function placed(study, config) {
  var axes = study.study.axes;
  var place = {};
  Object.keys(config).forEach(function (name) {
    if (name !== axes.group && name !== axes.number) place[name] = config[name];
  });
  place.optimizer = axes.group === '' ? 'all' : String(config[axes.group] === undefined ? 'none' : config[axes.group]);
  place.learning_rate = axes.number === '' || config[axes.number] === undefined ? 1 : config[axes.number];
  return place;
}

export function prepared(study) {
  var s = study.study;
  if (!s || !s.command) return study;
  if (s.optimizers.length === 0) s.optimizers = ['all'];
  var steps = 0;
  var numbers = {};
  study.trials.forEach(function (trial) {
    trial.own = trial.config;
    trial.config = placed(study, trial.config);
    numbers[trial.config.learning_rate] = true;
    steps = Math.max(steps, trial.steps);
  });
  s.learning_rates = Object.keys(numbers).map(Number).sort(function (a, b) { return a - b; });
  if (s.budget === null) s.longest = steps;
  if (study.sizes) {
    study.sizes.lines.forEach(function (line) {
      line.points.forEach(function (point) { point.weights = point.scale; });
    });
    study.sizes.best.forEach(function (row) { row.weights = row.scale; });
  }
  if (study.answer) {
    study.answer.config = placed(study, study.answer.config);
    study.answer.lineage.forEach(function (ancestor) { ancestor.config = placed(study, ancestor.config); });
  }
  return study;
}

// The last words of a command: its program, without the path.
export function programName(command) {
  if (command === '') return 'trials of one’s own';
  var words = command.split(/\s+/).filter(function (word) { return word.charAt(0) !== '-' && word.indexOf('{') < 0; });
  var script = words.filter(function (word) { return word.indexOf('.') > 0; })[0] || words[0] || 'a program';
  return script.split('/').pop();
}

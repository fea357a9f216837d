// The figures of a sweep as ECharts options, made from the JSON that `sweetspot show --json` prints.
import {NAME, legend, legendSpace, nameSpace, rateName, ratePlaces, ratesOf, subtitle, title, valuePlaces,
        valueText, valuesOf} from './axes.js';
import {OFF_WORDS, offStyle} from './places.js';
import {FAILURES, FONT, MUTED, TEXT, countText, lookOf, rateText} from './style.js';
import {oneLine, shortened, tooltip} from './text.js';

var UNITS = {
  steps: {axis: 'training steps to target', of: function (trial) { return trial.steps; }},
  seconds: {axis: 'compute seconds to target',
            of: function (trial) { return trial.compute_seconds; }}
};

// Seeds of one optimizer and rate together: the mean where all reached, else how most failed.
function cells(study) {
  var byOptimizer = {};
  study.trials.forEach(function (trial) {
    if (trial.outcome === null) return;
    var group = '$' + trial.config.optimizer;
    var rates = byOptimizer[group] || (byOptimizer[group] = {});
    var key = String(trial.config.learning_rate);
    (rates[key] || (rates[key] = [])).push(trial);
  });
  return byOptimizer;
}

function cellOf(study, byOptimizer, optimizer, rate) {
  var trials = (byOptimizer['$' + optimizer] || {})[String(rate)] || [];
  var failed = trials.filter(function (trial) { return trial.outcome !== 'reached'; });
  return {trials: trials, failed: failed,
          reached: trials.length > 0 && failed.length === 0};
}

function meanOf(trials, unit) {
  var sum = 0;
  trials.forEach(function (trial) { sum += UNITS[unit].of(trial); });
  return sum / trials.length;
}

function optimizersOf(study) {
  return study.study.optimizers;
}

function groupName(study) {
  var axes = study.study.axes;
  return axes && axes.group === '' ? 'training' : axes ? shortened(oneLine(axes.group), NAME).replace(/_/g, ' ') : 'optimizer';
}

// The figure of one line has nothing to compare.
export function hasSeveral(study) {
  return !study.study.command ||
      (hasNumber(study) && optimizersOf(study).length > 1 && study.study.budget !== null);
}
export function hasNumber(study) {
  return !study.study.axes || study.study.axes.number !== '';
}

// The metric of the curves: running accuracy, or what a program of one's own is judged by.
function curveMetric(study) {
  return study.study.command ? study.study.target.replace(/[<>]?=[^=]*$/, '') : 'running_accuracy';
}
function isShare(study) {
  var metric = curveMetric(study);
  return study.trials.every(function (trial) {
    var column = trial.curve.columns.indexOf(metric);
    return trial.curve.rows.every(function (row) {
      return typeof row[column] !== 'number' || (row[column] >= 0 && row[column] <= 1);
    });
  });
}
function curveText(study) {
  if (!isShare(study)) return valueText;
  return function (value) { return (100 * value).toFixed(2) + ' %'; };
}
function curveAxis(study) {
  var share = isShare(study);
  var name = study.study.command ? shortened(oneLine(curveMetric(study)), NAME) : 'running accuracy (correct / seen since step 0)';
  var axis = {type: 'value', name: name, nameLocation: 'middle', nameGap: 52, scale: !share,
              nameTextStyle: {fontSize: 13, color: TEXT, fontFamily: FONT},
              axisLine: {show: true, lineStyle: {color: MUTED}},
              axisLabel: {fontSize: 12, color: TEXT, fontFamily: FONT,
                          formatter: share ? function (value) { return Math.round(100 * value) + ' %'; }
                                           : valueText},
              splitLine: {lineStyle: {color: '#ececec'}}};
  if (share) {
    axis.min = 0;
    axis.max = 1;
  }
  return axis;
}

function describe(study, trial) {
  var group = trial.own && study.study.axes.group !== '' ? trial.own[study.study.axes.group] : trial.config.optimizer;
  var lines = [oneLine(String(group)) + ' at ' + rateText(trial.config.learning_rate),
               trial.outcome + ' after ' + countText(trial.steps) + ' steps, ' +
                   Number(trial.compute_seconds).toPrecision(3) + ' s of compute',
               'seed ' + trial.seed];
  return trial.note ? lines.concat([trial.note]) : lines;
}

// 1. Time to train against learning rate; below it, how each failed training failed.
export function timeToTrain(study, unit) {
  unit = unit || 'steps';
  var byOptimizer = cells(study);
  var optimizers = optimizersOf(study);
  var series = [];
  var means = [];
  optimizers.forEach(function (optimizer, index) {
    var look = lookOf(optimizer, index);
    series.push({
      name: optimizer, type: 'line', symbol: look.symbol, symbolSize: 9, connectNulls: false,
      lineStyle: {width: 2, color: look.color}, itemStyle: {color: look.color},
      data: ratesOf(study).map(function (rate) {
        var cell = cellOf(study, byOptimizer, optimizer, rate);
        if (!cell.reached) return {value: [rate, null]};
        var mean = meanOf(cell.trials, unit);
        means.push(mean);
        return {value: [rate, mean], trial: cell.trials[0].number};
      })
    });
  });
  Object.keys(FAILURES).forEach(function (outcome) {
    var mark = FAILURES[outcome];
    optimizers.forEach(function (optimizer, index) {
      var color = lookOf(optimizer, index).color;
      var data = [];
      ratesOf(study).forEach(function (rate) {
        var cell = cellOf(study, byOptimizer, optimizer, rate);
        var first = cell.failed[0];
        if (first && first.outcome === outcome) {
          data.push({value: [rate, index], trial: first.number});
        }
      });
      if (data.length === 0) return;
      series.push({
        name: mark.label, type: 'scatter', xAxisIndex: 1, yAxisIndex: 1, symbol: mark.symbol,
        symbolSize: 7, data: data,
        itemStyle: {color: mark.hollow ? '#fff' : color, borderColor: color,
                    borderWidth: mark.hollow ? 1.4 : 0}
      });
    });
  });
  var yPlaces = valuePlaces(UNITS[unit].axis, means);
  standAt(series.slice(0, optimizers.length), yPlaces);
  var strip = 22 * optimizers.length;
  var left = nameSpace(optimizers, 84);
  return {
    animation: false, backgroundColor: '#fff', textStyle: {fontFamily: FONT},
    title: title('Time to train against ' + rateName(study),
                 subtitle(study) + (yPlaces.hasOff ? '; ' + OFF_WORDS : '')),
    legend: legend(optimizers, {top: 60, left: 84, right: 'auto'}),
    tooltip: tooltip('item', function (point) {
      var trial = study.trials[point.data.trial];
      return trial ? describe(study, trial) : [];
    }),
    grid: [{left: left, right: 24, top: 90 + legendSpace(optimizers), bottom: strip + 126},
           {left: left, right: 24, height: strip, bottom: 86}],
    xAxis: [ratePlaces(study, {name: '', axisLabel: {show: false}, axisTick: {show: false}}).axis,
            ratePlaces(study, {gridIndex: 1}).axis],
    yAxis: [yPlaces.axis,
            {type: 'category', gridIndex: 1, data: optimizers, inverse: true,
             axisTick: {show: false}, axisLine: {show: false},
             axisLabel: {fontSize: 11, color: TEXT, fontFamily: FONT},
             splitLine: {show: true, lineStyle: {color: '#f2f2f2'}}}],
    graphic: failureKey(study),
    series: series
  };
}

// Moves the points of lines to where their values stand, those at an edge in a look of their own.
function standAt(lines, places) {
  lines.forEach(function (line) {
    line.data.forEach(function (point) {
      if (point.value[1] === null || !places.isOff(point.value[1])) return;
      point.of = point.value[1];
      point.value[1] = places.at(point.of);
      point.itemStyle = offStyle(line.itemStyle.color);
    });
  });
}

// Of the failures that a study of networks may have, and those that this one has.
function failureKey(study) {
  function isThere(outcome) {
    return outcome !== 'failed' || study.trials.some(function (trial) { return trial.outcome === outcome; });
  }
  function text(x, words) {
    return {type: 'text', x: x, y: 8,
            style: {text: words, font: '12px ' + FONT, fill: MUTED, verticalAlign: 'middle'}};
  }
  var children = [text(0, 'Failed trainings:')];
  var x = 122;
  Object.keys(FAILURES).forEach(function (outcome) {
    if (!isThere(outcome)) return;
    var mark = FAILURES[outcome];
    var style = mark.hollow ? {fill: '#fff', stroke: TEXT, lineWidth: 1.4} : {fill: TEXT};
    var shape = {x: x, y: 8, style: style};
    if (outcome === 'hopeless') {
      shape.type = 'circle';
      shape.shape = {cx: 0, cy: 0, r: 4};
    } else if (outcome === 'exhausted') {
      shape.type = 'rect';
      shape.shape = {x: -4, y: -4, width: 8, height: 8};
    } else if (outcome === 'failed') {
      shape.type = 'polygon';
      shape.shape = {points: [[0, -4.5], [4.5, 4], [-4.5, 4]]};
    } else {
      shape.type = 'polygon';
      shape.shape = {points: [[-4, -2], [-2, -4], [0, -1.4], [2, -4], [4, -2], [1.4, 0], [4, 2],
                              [2, 4], [0, 1.4], [-2, 4], [-4, 2], [-1.4, 0]]};
    }
    children.push(shape);
    children.push(text(x + 12, mark.label));
    x += 38 + 7.4 * mark.label.length;
  });
  return [{type: 'group', left: 84, bottom: 14, children: children}];
}

// 2. The fastest and the slowest optimizer at each learning rate.
export function fastestSlowest(study) {
  var byOptimizer = cells(study);
  var optimizers = optimizersOf(study);
  var fastest = [];
  var slowest = [];
  ratesOf(study).forEach(function (rate) {
    var reached = [];
    var anyFailed = false;
    optimizers.forEach(function (optimizer, index) {
      var cell = cellOf(study, byOptimizer, optimizer, rate);
      if (cell.trials.length === 0) return;
      if (cell.reached) {
        reached.push({optimizer: optimizer, index: index, steps: meanOf(cell.trials, 'steps')});
      } else {
        anyFailed = true;
      }
    });
    reached.sort(function (a, b) { return a.steps - b.steps || a.index - b.index; });
    fastest.push(point(rate, reached[0]));
    var last = reached[reached.length - 1];
    if (anyFailed && last) {
      slowest.push({value: [rate, study.study.budget], symbol: 'none', optimizer: 'one that fails'});
    } else {
      slowest.push(point(rate, last));
    }
  });
  function point(rate, entry) {
    if (!entry) return {value: [rate, null]};
    var look = lookOf(entry.optimizer, entry.index);
    return {value: [rate, entry.steps], optimizer: entry.optimizer, symbol: look.symbol,
            itemStyle: {color: look.color}};
  }
  var lines = [{data: fastest, itemStyle: {color: TEXT}}, {data: slowest, itemStyle: {color: TEXT}}];
  var yPlaces = valuePlaces(UNITS.steps.axis, valuesOf(lines).concat([study.study.budget]));
  standAt(lines, yPlaces);
  var keys = optimizers.map(function (optimizer, index) {
    var look = lookOf(optimizer, index);
    return {name: optimizer, type: 'line', symbol: look.symbol, symbolSize: 10, data: [],
            itemStyle: {color: look.color}, lineStyle: {width: 0}};
  });
  return {
    animation: false, backgroundColor: '#fff', textStyle: {fontFamily: FONT},
    title: title('Fastest and slowest ' + groupName(study) + ' at each ' + rateName(study), subtitle(study)),
    legend: legend(optimizers, {top: 60, left: 84, right: 'auto', selectedMode: false}),
    tooltip: tooltip('item', function (item) {
      var steps = item.data.of === undefined ? item.value[1] : item.data.of;
      return [item.seriesName + ' at ' + rateText(item.value[0]) + ': ' +
              (item.data.optimizer || '') + ', ' + countText(steps) + ' steps'];
    }),
    grid: {left: 84, right: 130, top: 92 + legendSpace(optimizers), bottom: 62},
    xAxis: ratePlaces(study).axis,
    yAxis: yPlaces.axis,
    series: keys.concat([
      {name: 'fastest', type: 'line', data: fastest, symbolSize: 10, z: 3,
       endLabel: {show: true, formatter: 'fastest', fontSize: 12, color: TEXT},
       lineStyle: {color: '#444', width: 1.5}},
      {name: 'slowest', type: 'line', data: slowest, symbolSize: 10,
       endLabel: {show: false},
       lineStyle: {color: '#999', width: 1.5, type: 'dashed'},
       markLine: {silent: true, symbol: 'none',
                  lineStyle: {color: '#b00', type: 'dotted', width: 1.2},
                  label: {formatter: 'budget (slowest:\none or more fail)', color: '#b00',
                          fontSize: 12, lineHeight: 15},
                  data: [{yAxis: study.study.budget}]}}
    ])
  };
}

// 3. The working range and the best rate of each optimizer.
export function bands(study) {
  var optimizers = optimizersOf(study);
  var series = [];
  study.optimizers.forEach(function (row) {
    var at = optimizers.indexOf(row.optimizer);
    var look = lookOf(row.optimizer, at);
    if (!row.band || at < 0) return;
    series.push({
      type: 'line', name: 'band', data: [[row.band[0], at], [row.band[1], at]],
      symbol: 'circle', symbolSize: 16, silent: true, z: 2,
      itemStyle: {color: look.color, opacity: 1},
      lineStyle: {color: look.color, width: 16, cap: 'round', opacity: 1}
    });
    series.push({
      type: 'scatter', name: 'best', z: 4, symbol: 'diamond', symbolSize: 15,
      itemStyle: {color: '#fff', borderColor: '#111', borderWidth: 1.5},
      data: [{value: [row.best.learning_rate, at], row: row}],
      label: {show: true, position: 'top', distance: 7, color: TEXT, fontSize: 12, fontFamily: FONT,
              formatter: 'best ' + rateText(row.best.learning_rate) + ': ' +
                  countText(row.best.steps) + ' steps'}
    });
    if (row.also_reached.length > 0) {
      series.push({
        type: 'scatter', name: 'also reached', z: 3, symbol: 'circle', symbolSize: 10,
        itemStyle: {color: '#fff', borderColor: look.color, borderWidth: 2.5},
        data: row.also_reached.map(function (rate) { return {value: [rate, at], row: row}; })
      });
    }
  });
  return {
    animation: false, backgroundColor: '#fff', textStyle: {fontFamily: FONT},
    title: title('The band of each ' + groupName(study),
                 'bar: rates that reach the target without a gap; diamond: the fastest; ring: also ' +
                 'reaches it, outside the bar'),
    tooltip: tooltip('item', function (item) {
      var row = item.data.row;
      if (!row) return [];
      return [row.optimizer + ': ' + rateText(row.band[0]) + ' to ' + rateText(row.band[1]),
              'best ' + rateText(row.best.learning_rate) + ', ' + countText(row.best.steps) + ' steps'];
    }),
    grid: {left: nameSpace(optimizers, 100), right: 76, top: 76, bottom: 62},
    xAxis: ratePlaces(study).axis,
    yAxis: {type: 'category', data: optimizers, inverse: true, axisTick: {show: false},
            axisLine: {show: false}, axisLabel: {fontSize: 13, color: TEXT, fontFamily: FONT}},
    series: series
  };
}

// 4. Running accuracy over steps: of each optimizer's best trial, or of those that were chosen.
export function curves(study, numbers) {
  var chosen = numbers && numbers.length > 0 ? numbers : bestTrials(study);
  var series = chosen.map(function (number) {
    var trial = study.trials[number];
    var column = trial.curve.columns.indexOf(curveMetric(study));
    var look = lookOf(trial.config.optimizer, optimizersOf(study).indexOf(trial.config.optimizer));
    var name = trial.config.optimizer + (hasNumber(study) ? ' at ' + rateText(trial.config.learning_rate) : '') +
        (study.study.seeds > 1 ? ', seed ' + trial.seed : '');
    return {
      name: name, type: 'line', symbol: look.symbol, symbolSize: 8, showSymbol: true,
      lineStyle: {width: 2, color: look.color}, itemStyle: {color: look.color},
      data: trial.curve.rows.filter(function (row) {
        return typeof row[column] === 'number';
      }).filter(function (row, i, rows) {
        return i % Math.ceil(rows.length / 60) === 0 || i === rows.length - 1;
      }).map(function (row) { return [row[0], row[column]]; })
    };
  });
  var names = series.map(function (s) { return s.name; });
  return {
    animation: false, backgroundColor: '#fff', textStyle: {fontFamily: FONT},
    title: title((study.study.command ? shortened(oneLine(curveMetric(study)), NAME) : 'Running accuracy') + ' over steps',
                 numbers && numbers.length > 0 ? 'the chosen trainings'
                     : 'the fastest training of each ' + groupName(study) + ', until it reaches ' +
                       shortened(oneLine(study.study.target), NAME)),
    legend: legend(names, {top: 60, left: 84, right: 24}),
    tooltip: tooltip('item', function (item) {
      return [item.seriesName, 'step ' + countText(item.value[0]) + ': ' + curveText(study)(item.value[1])];
    }),
    grid: {left: 84, right: 30, top: Math.max(112, 88 + legendSpace(names)), bottom: 62},
    xAxis: {type: 'value', name: 'training step', nameLocation: 'middle', nameGap: 32, min: 0,
            nameTextStyle: {fontSize: 13, color: TEXT, fontFamily: FONT},
            axisLabel: {fontSize: 12, color: TEXT, fontFamily: FONT, formatter: countText},
            splitLine: {lineStyle: {color: '#ececec'}}},
    yAxis: curveAxis(study),
    series: series
  };
}

function bestTrials(study) {
  var numbers = [];
  study.optimizers.forEach(function (row) {
    if (!row.best) return;
    var rate = row.best.learning_rate;
    var found = null;
    study.trials.forEach(function (trial, i) {
      if (trial.config.optimizer !== row.optimizer || trial.outcome !== 'reached') return;
      // Where no number tells them apart the fastest.
      if (rate === null ? found === null || trial.steps < study.trials[found].steps
                        : found === null && trial.config.learning_rate === rate) found = i;
    });
    if (found !== null) numbers.push(found);
  });
  return numbers;
}

// Pixels that the figures need beyond their usual height, which serves six optimizers.
export function moreOptimizers(study) {
  return Math.max(0, optimizersOf(study).length - 6);
}
export function moreLegend(study) {
  return legendSpace(optimizersOf(study));
}

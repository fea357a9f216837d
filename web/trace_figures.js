// Validation accuracy over time, each optimizer at its best rate.
import {legend, legendSpace, logTicks, subtitle, title} from './axes.js';
import {OFF_WORDS, least, most, offStyle, standing, withEdges} from './places.js';
import {FONT, MUTED, TEXT, countText, lookOf, rateText} from './style.js';
import {tooltip} from './text.js';

function nameOf(study, trial) {
  return trial.config.optimizer + ' at ' + rateText(trial.config.learning_rate) +
      (study.study.seeds > 1 ? ', seed ' + trial.seed : '');
}

// [x, accuracy] of one trial; secondsOf(step) or nothing for steps.
function points(trial, xOf) {
  var column = trial.curve.columns.indexOf('validation_accuracy');
  return trial.curve.rows.map(function (row) { return [xOf(row[0]), row[column]]; });
}

// The axis runs from just before the first check to just after the last.
function rangeX(all) {
  if (all.length === 0) return [1, 10];
  var can = standing(all, true);
  return [least(can) / 1.2, most(can) * 1.2];
}

function figure(study, xName, xText, xOf) {
  var optimizers = [];
  study.trials.forEach(function (trial) {
    if (optimizers.indexOf(trial.config.optimizer) < 0) optimizers.push(trial.config.optimizer);
  });
  var series = study.trials.filter(function (trial) {
    return trial.outcome !== null;
  }).map(function (trial) {
    var look = lookOf(trial.config.optimizer, optimizers.indexOf(trial.config.optimizer));
    var data = points(trial, xOf(trial));
    return {name: nameOf(study, trial), type: 'line', symbol: look.symbol, symbolSize: 6,
            showSymbol: data.length < 90, lineStyle: {width: 2, color: look.color},
            itemStyle: {color: look.color}, data: data};
  });
  var all = [];
  series.forEach(function (line) { line.data.forEach(function (point) { all.push(point[0]); }); });
  var range = rangeX(all);
  var names = series.map(function (s) { return s.name; });
  var ticks = logTicks(range).filter(function (tick) {
    return tick >= range[0] && tick <= range[1];
  });
  var places = withEdges(
      {type: 'log', min: range[0], max: range[1], name: xName + ' (log scale)', nameLocation: 'middle', nameGap: 32,
       nameTextStyle: {fontSize: 13, color: TEXT, fontFamily: FONT},
       axisLabel: {fontSize: 12, color: TEXT, fontFamily: FONT, customValues: ticks,
                   formatter: function (value) {
                     return value >= 1 ? countText(value) : String(Number(value.toPrecision(1)));
                   }},
       axisTick: {customValues: ticks},
       axisLine: {onZero: false, lineStyle: {color: MUTED}},
       splitLine: {show: true, lineStyle: {color: '#ececec'}}}, all, true);
  series.forEach(function (line) {
    line.data = line.data.map(function (point) {
      if (!places.isOff(point[0])) return point;
      return {value: [places.at(point[0]), point[1]], of: point[0], itemStyle: offStyle(line.itemStyle.color)};
    });
  });
  return {
    animation: false, backgroundColor: '#fff', textStyle: {fontFamily: FONT},
    title: title('Validation accuracy over ' + xText,
                 subtitle(study) + (places.hasOff ? '; ' + OFF_WORDS : '')),
    legend: legend(names, {top: 60, left: 84, right: 24}),
    tooltip: tooltip('item', function (item) {
      var x = item.data.of === undefined ? item.value[0] : item.data.of;
      return [item.seriesName, (typeof x === 'number' ? Number(x.toPrecision(3)) : 'no') + ' ' + xName + ': ' +
              (100 * item.value[1]).toFixed(2) + ' %'];
    }),
    grid: {left: 84, right: 30, top: Math.max(112, 88 + legendSpace(names)), bottom: 62},
    xAxis: places.axis,
    yAxis: {type: 'value', name: 'validation accuracy', nameLocation: 'middle', nameGap: 52,
            min: 0, max: 1, nameTextStyle: {fontSize: 13, color: TEXT, fontFamily: FONT},
            axisLine: {show: true, lineStyle: {color: MUTED}},
            axisLabel: {fontSize: 12, color: TEXT, fontFamily: FONT,
                        formatter: function (value) { return Math.round(100 * value) + ' %'; }},
            splitLine: {lineStyle: {color: '#ececec'}}},
    series: series
  };
}

export function accuracyOverSteps(study) {
  return figure(study, 'training steps', 'steps', function () {
    return function (step) { return step; };
  });
}

export function accuracyOverSeconds(study) {
  return figure(study, 'compute seconds', 'compute time', function (trial) {
    return function (step) { return trial.steps > 0 ? step * trial.compute_seconds / trial.steps : 0; };
  });
}

// Pixels that the legend needs beyond the usual.
export function moreTraces(study) {
  return Math.max(0, legendSpace(study.trials.map(function (t) { return nameOf(study, t); })) - 28);
}

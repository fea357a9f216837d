// A grid of choices alone, without a number to draw them over: how long each training took.
import {legend, nameSpace, subtitle, title, valuePlaces} from './axes.js';
import {OFF_WORDS, offStyle} from './places.js';
import {FAILURES, FONT, MUTED, TEXT, countText, lookOf} from './style.js';
import {oneLine, tooltip} from './text.js';

function shown(study) {
  return study.trials.filter(function (trial) {
    return (trial.outcome === 'reached' || FAILURES[trial.outcome]) &&
        study.study.optimizers.indexOf(trial.config.optimizer) >= 0;
  });
}

export function hasChoices(study) {
  return Boolean(study.study.axes) && study.study.axes.number === '' && shown(study).length > 0;
}

function markOf(trial, color) {
  var mark = FAILURES[trial.outcome];
  if (!mark) return {symbol: 'circle', symbolSize: 11, itemStyle: {color: color, borderColor: TEXT, borderWidth: 1}};
  return {symbol: mark.symbol, symbolSize: 9,
          itemStyle: {color: mark.hollow ? '#fff' : color, borderColor: color, borderWidth: mark.hollow ? 1.4 : 0}};
}

function describe(trial) {
  var config = Object.keys(trial.own).map(function (name) { return oneLine(name + ' ' + trial.own[name]); });
  return [config.join(', '), trial.outcome + ' after ' + countText(trial.steps) + ' steps', 'seed ' + trial.seed]
      .concat(trial.note ? [trial.note] : []);
}

export function choices(study) {
  var optimizers = study.study.optimizers;
  var trials = shown(study);
  var places = valuePlaces('training steps (log scale)', trials.map(function (trial) { return trial.steps; }));
  places.axis.nameGap = 32;
  var ends = ['reached'].concat(Object.keys(FAILURES)).filter(function (outcome) {
    return trials.some(function (trial) { return trial.outcome === outcome; });
  });
  var names = ends.map(function (outcome) {
    return outcome === 'reached' ? 'reached the target' : FAILURES[outcome].label;
  });
  return {
    animation: false, backgroundColor: '#fff', textStyle: {fontFamily: FONT},
    title: title('How long each training took, and how it ended',
                 subtitle(study) + (places.hasOff ? '; ' + OFF_WORDS : '')),
    legend: legend(names, {top: 60, left: nameSpace(optimizers, 100) - 16, right: 'auto', itemWidth: 12, selectedMode: false}),
    tooltip: tooltip('item', function (point) {
      var trial = point.data && study.trials[point.data.trial];
      return trial ? describe(trial) : [];
    }),
    grid: {left: nameSpace(optimizers, 100), right: 60, top: 96, bottom: 62},
    xAxis: places.axis,
    yAxis: {type: 'category', data: optimizers, inverse: true, axisTick: {show: false},
            axisLine: {lineStyle: {color: MUTED}}, axisLabel: {fontSize: 12, color: TEXT, fontFamily: FONT},
            splitLine: {show: true, lineStyle: {color: '#f2f2f2'}}},
    series: ends.map(function (outcome, i) {
      var key = markOf({outcome: outcome}, MUTED);
      return {name: names[i], type: 'scatter', symbol: key.symbol, symbolSize: key.symbolSize, itemStyle: key.itemStyle,
              data: trials.filter(function (trial) { return trial.outcome === outcome; }).map(function (trial) {
                var row = optimizers.indexOf(trial.config.optimizer);
                var color = lookOf(trial.config.optimizer, row).color;
                var point = markOf(trial, color);
                point.value = [places.at(trial.steps), row];
                point.trial = trial.number;
                if (places.isOff(trial.steps)) point.itemStyle = offStyle(color);
                return point;
              })};
    })
  };
}

export function moreChoices(study) { return 30 * study.study.optimizers.length; }

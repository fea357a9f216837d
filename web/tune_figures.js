// The figures of a search: what it found for its steps, where its trials fell, and how it shared out its
// steps.
import {countAxis, legend, legendSpace, nameSpace, title, valueText} from './axes.js';
import {OFF_WORDS, most, offStyle} from './places.js';
import {FAILURES, FONT, MUTED, TEXT, countText, rateText} from './style.js';
import {tooltip as tooltipOf} from './text.js';
import {heights, lossPlaces, rateStripPlaces, stripPlaces} from './tune_axes.js';
import {bestMetric, checks, ended, hasLineage, isAnswer, isConfirmation, isOnProxy, lookIn, lossOf, lossText,
        optimizersOf, searchWords, searched, tooltip, worked, workedWords} from './tune_trials.js';

// 1. The best so far over the steps that the search has spent.
export function hasWorked(study) {
  return searched(study).some(function (trial) { return worked(study, trial); });
}

// What a search had spent when a trial ended: of trials one after the other the sum, of a population,
// whose members train side by side, the share of all.
function spentAt(study) {
  var sum = 0;
  var sums = {};
  ended(study).forEach(function (trial) { sums[trial.number] = sum += trial.cost_steps; });
  if (!hasLineage(study)) return function (trial) { return sums[trial.number]; };
  var own = searched(study);
  var longest = Math.max(1, most(own.map(function (trial) { return trial.steps; })));
  var all = 0;
  own.forEach(function (trial) { all += trial.cost_steps; });
  return function (trial) {
    return isConfirmation(study, trial) ? sums[trial.number] : all * trial.steps / longest;
  };
}

// The best so far of [spent, loss] in the order of what was spent.
function bestSoFar(points) {
  var best = Infinity;
  return points.sort(function (a, b) { return a[0] - b[0] || a[1] - b[1]; }).filter(function (point) {
    var better = point[1] < best;
    if (better) best = point[1];
    return better;
  });
}

export function history(study) {
  var spentBy = spentAt(study);
  var searchSpent = 0;
  var found = hasLineage(study) ? checks(study).map(function (point) {
    return [spentBy({steps: point[0], seed: study.study.seed}), point[1]];
  }) : [];
  var dots = {};
  var fresh = [];
  ended(study).forEach(function (trial) {
    var spent = spentBy(trial);
    if (!isConfirmation(study, trial)) searchSpent = Math.max(searchSpent, spent);
    if (isOnProxy(trial) || !worked(study, trial)) return;
    var loss = lossOf(study, trial);
    var point = {value: [spent, loss], trial: trial.number};
    if (isConfirmation(study, trial)) {
      fresh.push(point);
      return;
    }
    var optimizer = trial.config.optimizer;
    (dots[optimizer] || (dots[optimizer] = [])).push(point);
    found.push([spent, loss]);
  });
  var line = bestSoFar(found);
  line.push([searchSpent, line[line.length - 1][1]]);
  var names = optimizersOf(searched(study).filter(function (trial) { return worked(study, trial); }), study);
  var series = [{
    name: 'best so far', type: 'line', step: 'end', symbol: 'none', data: line, z: 2,
    silent: true, lineStyle: {color: TEXT, width: 2}, itemStyle: {color: TEXT},
    markLine: fresh.length === 0 ? undefined : {
      silent: true, symbol: 'none', lineStyle: {color: MUTED, type: 'dotted', width: 1.2},
      label: {formatter: 'end of the search', color: MUTED, fontSize: 12, position: 'end'},
      data: [{xAxis: searchSpent}]
    }
  }];
  names.forEach(function (optimizer) {
    var look = lookIn(study, optimizer);
    series.push({name: optimizer, type: 'scatter', symbol: look.symbol, symbolSize: 9, z: 3,
                 itemStyle: {color: look.color, opacity: 1}, data: dots[optimizer]});
  });
  if (fresh.length > 0) {
    var look = lookIn(study, study.trials[fresh[0].trial].config.optimizer);
    series.push({name: 'confirmation with fresh seeds', type: 'scatter', symbol: 'circle', symbolSize: 9,
                 z: 3, data: fresh,
                 itemStyle: {color: '#fff', borderColor: look.color, borderWidth: 1.6, opacity: 1}});
  }
  var all = series.map(function (s) { return s.name; });
  var losses = [];
  line.forEach(function (point) { losses.push(point[1]); });
  series.slice(1).forEach(function (s) { s.data.forEach(function (point) { losses.push(point.value[1]); }); });
  var places = lossPlaces(study, losses);
  line.forEach(function (point) { point[1] = places.at(point[1]); });
  series.slice(1).forEach(function (s) {
    s.data.forEach(function (point) {
      if (places.isOff(point.value[1])) point.itemStyle = offStyle(s.itemStyle.borderColor || s.itemStyle.color);
      point.value[1] = places.at(point.value[1]);
    });
  });
  return {
    animation: false, backgroundColor: '#fff', textStyle: {fontFamily: FONT},
    title: title('The best found over the steps spent',
                 searchWords(study) + '\nmarks: trials that ' + workedWords(study) +
                 (hasLineage(study) ? '; the members train side by side'
                                    : '; steps add up in the order of the trials’ numbers') +
                 (places.hasOff ? '; ' + OFF_WORDS : '')),
    legend: legend(all, {top: 76, left: 84, right: 24, itemWidth: 12,
                          data: [{name: all[0], icon: 'path://M0,0 L12,0 L12,2 L0,2 Z'}].concat(all.slice(1))}),
    tooltip: tooltip(study),
    grid: {left: 84, right: 40, top: 124 + legendSpace(all), bottom: 62},
    xAxis: countAxis('training steps spent', {min: 0}),
    yAxis: places.axis,
    series: series
  };
}

export function moreHistory(study) {
  var names = optimizersOf(searched(study), study);
  return legendSpace(names.concat(['confirmation with fresh seeds', 'best so far']));
}

// 2. Where the trials fell: a strip for each optimizer, so that none covers another's.

// Few optimizers have taller strips.
function stripHeight(optimizers) {
  return Math.max(92, Math.round(240 / optimizers));
}

export function hasTrials(study) {
  return searched(study).length > 0;
}

// A trial's mark, by how it ended.
function marks(study) {
  var metric = bestMetric(study);
  var all = {worked: {label: workedWords(study), size: 11, edge: TEXT},
             pruned: {label: 'dropped by the search', symbol: 'circle', size: 5}};
  Object.keys(FAILURES).forEach(function (outcome) {
    if (outcome === 'exhausted' && metric !== null) return;
    var mark = FAILURES[outcome];
    all[outcome] = {label: mark.label, symbol: mark.symbol, size: 8, hollow: mark.hollow};
  });
  return all;
}
function markStyle(mark, color) {
  return {opacity: 1, color: mark.hollow ? '#fff' : color, borderColor: mark.edge || color,
          borderWidth: mark.hollow ? 1.4 : mark.edge ? 1 : 0};
}

function answerWords(study, shown) {
  var answer = shown.filter(function (trial) { return isAnswer(study, trial); })[0];
  if (!answer) return study.answer === null ? 'no trial ' + workedWords(study) : '';
  return 'large mark: the answer, ' + answer.config.optimizer + (study.study.axes && study.study.axes.number === '' ? '' : ' at ' + rateText(answer.config.learning_rate)) + ', ' + lossText(study, lossOf(study, answer));
}

export function trials(study) {
  var shown = searched(study);
  var optimizers = optimizersOf(shown, study);
  var strip = stripHeight(optimizers.length);
  var rates = shown.map(function (trial) { return trial.config.learning_rate; });
  var metric = bestMetric(study);
  var option = {
    animation: false, backgroundColor: '#fff', textStyle: {fontFamily: FONT},
    title: title('Where the trials fell, and how ' +
                     (metric === null ? 'long they trained' : 'good they became'),
                 searchWords(study) + '\n' + answerWords(study, shown)),
    tooltip: tooltip(study),
    legend: legend([], {top: 76, left: 84, right: 24, itemWidth: 12, selectedMode: false}),
    grid: [], xAxis: [], yAxis: [], series: [], graphic: []
  };
  var left = nameSpace(optimizers, 84) + 62;
  var all = marks(study);
  var hasOff = false;
  optimizers.forEach(function (optimizer, row) {
    var look = lookIn(study, optimizer);
    var top = 130 + row * strip;
    var last = row === optimizers.length - 1;
    option.grid.push({left: left, right: 40, top: top, height: strip - 16});
    var across = rateStripPlaces(study, rates, {gridIndex: row, nameGap: 30});
    var up = heights(study, shown, {gridIndex: row, nameLocation: 'end', nameGap: 10});
    hasOff = hasOff || across.hasOff || up.hasOff;
    option.xAxis.push(across.axis);
    option.yAxis.push(up.axis);
    if (!last) {
      option.xAxis[row].name = '';
      option.xAxis[row].axisLabel.show = false;
    }
    if (row > 0) option.yAxis[row].name = '';
    else option.yAxis[row].nameTextStyle.align = 'left';
    option.graphic.push({type: 'text', left: 16, top: top + strip / 2 - 16,
                         style: {text: optimizer, font: 'bold 13px ' + FONT, fill: TEXT}});
    Object.keys(all).forEach(function (outcome) {
      var mark = all[outcome];
      var data = shown.filter(function (trial) {
        return trial.config.optimizer === optimizer &&
            (worked(study, trial) ? 'worked' : trial.outcome) === outcome;
      }).map(function (trial) {
        var rate = trial.config.learning_rate;
        var loss = lossOf(study, trial);
        var point = {value: [across.at(rate), up.at(loss)], trial: trial.number};
        if (across.isOff(rate) || up.isOff(loss)) point.itemStyle = offStyle(look.color);
        if (isAnswer(study, trial)) {
          point.symbolSize = 18;
          if (!point.itemStyle) point.itemStyle = {color: look.color, borderColor: TEXT, borderWidth: 2.5};
        }
        return point;
      });
      if (data.length === 0) return;
      option.series.push({type: 'scatter', xAxisIndex: row, yAxisIndex: row, data: data,
                          symbol: mark.symbol || look.symbol, symbolSize: mark.size,
                          z: outcome === 'worked' ? 3 : 2, itemStyle: markStyle(mark, look.color)});
      mark.isThere = true;
    });
  });
  if (hasOff) {
    option.legend.data.push('at the edge: has no place on this scale');
    option.series.push({name: 'at the edge: has no place on this scale', type: 'scatter', data: [], symbol: 'diamond',
                        itemStyle: offStyle(MUTED)});
  }
  Object.keys(all).forEach(function (outcome) {
    var mark = all[outcome];
    if (!mark.isThere) return;
    option.legend.data.push(mark.label);
    option.series.push({name: mark.label, type: 'scatter', data: [], symbol: mark.symbol || 'diamond',
                        itemStyle: markStyle(mark, MUTED)});
  });
  return option;
}

export function moreTrials(study) {
  var count = optimizersOf(searched(study), study).length;
  return count * stripHeight(count);
}

// 3. How many trials trained at least so long.
export function hasRungs(study) {
  var shown = searched(study);
  return shown.some(function (trial) { return trial.steps !== shown[0].steps; });
}

// How many trials of an optimizer trained at least so long, place by place.
function stairs(trials, optimizer, places) {
  var steps = trials.filter(function (trial) { return trial.config.optimizer === optimizer; })
                  .map(function (trial) { return trial.steps; }).sort(function (a, b) { return a - b; });
  var gone = 0;
  return places.map(function (place) {
    while (gone < steps.length && steps[gone] < place) ++gone;
    return steps.length - gone;
  });
}

export function rungs(study) {
  var shown = searched(study);
  var optimizers = optimizersOf(shown, study);
  var longer = shown.filter(function (trial) { return trial.steps > 0; });
  var steps = longer.map(function (trial) { return trial.steps; }).sort(function (a, b) { return a - b; });
  var start = Math.min(study.study.check_every, steps[0]);
  var places = [start].concat(steps.filter(function (step, i) {
    return step > start && step !== steps[i - 1];
  }));
  var end = steps[steps.length - 1];
  // Each optimizer's staircase stands on those of the optimizers after it.
  var counts = {};
  optimizers.forEach(function (optimizer) { counts['$' + optimizer] = stairs(shown, optimizer, places); });
  var series = optimizers.map(function (optimizer, row) {
    var upTo = optimizers.slice(row);
    var look = lookIn(study, optimizer);
    return {
      name: optimizer, type: 'line', step: 'start', symbol: 'none', z: 2 + row, silent: true,
      lineStyle: {color: '#fff', width: 0.7}, itemStyle: {color: look.color},
      areaStyle: {color: look.color, opacity: 1, origin: 'start'},
      data: places.map(function (place, i) {
        return [place, upTo.reduce(function (sum, name) { return sum + counts['$' + name][i]; }, 0)];
      }).concat([[end, 0]])
    };
  });
  // In their bands, where these are high enough, the names need no colours.
  var most = series[0].data[0][1];
  series.push({
    type: 'scatter', symbolSize: 0, silent: true, z: 50, itemStyle: {opacity: 1},
    data: series.map(function (s, row) {
      var top = s.data[0][1];
      var bottom = row + 1 < series.length ? series[row + 1].data[0][1] : 0;
      return {value: [start, (top + bottom) / 2], name: s.name, show: (top - bottom) / most > 0.05};
    }).filter(function (point) { return point.show; }),
    label: {show: true, position: 'right', formatter: function (point) { return point.name; }, fontSize: 12, color: TEXT, fontFamily: FONT,
            backgroundColor: '#fff', padding: [0, 4], borderRadius: 2}
  });
  return {
    animation: false, backgroundColor: '#fff', textStyle: {fontFamily: FONT},
    title: title('How many trials trained at least so long',
                 searchWords(study) + (longer.length === shown.length ? '' : '; ' +
                     countText(shown.length - longer.length) + ' ended at step 0')),
    legend: legend(optimizers, {top: 60, left: 84, right: 24, selectedMode: false, icon: 'rect'}),
    tooltip: tooltipOf('axis', function (items) {
      var step = items[0].value[0];
      return ['trials that trained at least ' + countText(step) + ' steps'].concat(
          optimizers.map(function (optimizer) { return optimizer + ': ' + stairs(shown, optimizer, [step])[0]; }));
    }),
    grid: {left: 84, right: 40, top: 96 + legendSpace(optimizers), bottom: 62},
    xAxis: stripPlaces('training steps (log scale)', places, 12, valueText,
                       {min: start, max: end * 1.1, nameGap: 32}).axis,
    yAxis: countAxis('trials', {nameGap: 46, minInterval: 1}),
    series: series
  };
}

export function moreRungs(study) {
  return legendSpace(optimizersOf(searched(study), study));
}

// The lineage of population-based training: what every member trained with, who was copied, and the
// schedule of the answer.
import {countAxis, isLogRate, legend, legendSpace, rateAxisName, ratePlaces, title, valuePlaces} from './axes.js';
import {OFF_WORDS, offStyle} from './places.js';
import {FONT, TEXT, rateText} from './style.js';
import {hasLineage, lookIn, optimizersOf, searchWords, searched, tooltip} from './tune_trials.js';

export {hasLineage};

function beginOf(trial) {
  return trial.origin ? trial.origin.step : 0;
}

// The answer's ancestors, the first first, each until the next one begins.
function schedule(study) {
  var stretches = study.answer && study.answer.lineage ? study.answer.lineage : [];
  var line = [];
  stretches.forEach(function (stretch, i) {
    var rate = stretch.config.learning_rate;
    var end = i + 1 < stretches.length ? stretches[i + 1].from : study.trials[stretch.trial].steps;
    line.push([stretch.from, rate], [end, rate]);
  });
  return line;
}

// Lines of one colour as one series: a gap between each.
function withGaps(segments) {
  var data = [];
  segments.forEach(function (segment) {
    segment.forEach(function (point) { data.push(point); });
    data.push({value: [null, null]});
  });
  return data;
}

export function lineage(study) {
  var trials = searched(study);
  var names = optimizersOf(trials, study);
  var rates = trials.map(function (trial) { return trial.config.learning_rate; });
  var copies = trials.filter(function (trial) { return trial.origin && study.trials[trial.origin.trial]; });
  var places = isLogRate(study) ? valuePlaces(rateAxisName(study), rates, rateText)
                                : ratePlaces(study, {nameGap: 60});
  var series = [{
    name: 'copied and changed', type: 'line', symbol: 'none', connectNulls: false, silent: true, z: 1,
    lineStyle: {color: '#c4c4c4', width: 1}, itemStyle: {color: '#c4c4c4'},
    data: withGaps(copies.map(function (trial) {
      var donor = study.trials[trial.origin.trial];
      return [{value: [trial.origin.step, places.at(donor.config.learning_rate)]},
              {value: [trial.origin.step, places.at(trial.config.learning_rate)]}];
    }))
  }];
  names.forEach(function (optimizer) {
    var look = lookIn(study, optimizer);
    series.push({
      name: optimizer, type: 'line', symbol: look.symbol, symbolSize: 5, connectNulls: false, z: 2,
      lineStyle: {color: look.color, width: 1.6}, itemStyle: {color: look.color},
      data: withGaps(trials.filter(function (trial) {
        return trial.config.optimizer === optimizer;
      }).map(function (trial) {
        return [beginOf(trial), trial.steps].map(function (step) {
          var rate = trial.config.learning_rate;
          var point = {value: [step, places.at(rate)], trial: trial.number};
          if (places.isOff(rate)) point.itemStyle = offStyle(look.color);
          return point;
        });
      }))
    });
  });
  var answer = schedule(study).map(function (point) { return [point[0], places.at(point[1])]; });
  if (answer.length > 0) {
    series.push({name: 'the answer’s schedule', type: 'line', symbol: 'none', data: answer, z: 3, silent: true,
                 lineStyle: {color: TEXT, width: 3.5, opacity: 0.75}, itemStyle: {color: TEXT}});
  }
  var all = series.map(function (s) { return s.name; });
  return {
    animation: false, backgroundColor: '#fff', textStyle: {fontFamily: FONT},
    title: title('Who went on from whose state, and at which rate',
                 searchWords(study) + '\n' + copies.length + ' copies, every one an edge of the lineage' +
                     (places.hasOff ? '; ' + OFF_WORDS : '')),
    legend: legend(all, {top: 76, left: 84, right: 24}),
    tooltip: tooltip(study),
    grid: {left: 84, right: 40, top: 118 + legendSpace(all), bottom: 62},
    xAxis: countAxis('training steps of the member', {min: 0}),
    yAxis: places.axis,
    series: series
  };
}

export function moreLineage(study) {
  return legendSpace(optimizersOf(searched(study), study).concat(['copied and changed', 'the answer’s schedule']));
}

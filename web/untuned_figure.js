// How close an optimizer that needs no tuning comes to those that are tuned.
import {logValueAxis, nameSpace, subtitle, title} from './axes.js';
import {FONT, MUTED, TEXT, countText, lookOf, rateText} from './style.js';
import {tooltip} from './text.js';

export function hasUntuned(study) {
  return study.optimizers.some(function (o) { return o.untuned !== null; });
}

function stepsOf(result) { return result === null ? null : result.steps; }

// Fastest first; what never reached the target last.
function ordered(study) {
  return study.optimizers.slice().sort(function (a, b) {
    var first = stepsOf(a.best);
    var second = stepsOf(b.best);
    if (first === null || second === null) return (first === null) - (second === null);
    return first - second;
  });
}

export function untuned(study) {
  var optimizers = ordered(study);
  var names = optimizers.map(function (o) { return o.optimizer; });
  var tuned = [];
  var without = [];
  var lines = [];
  var failed = [];
  var values = [];
  optimizers.forEach(function (o, index) {
    var color = lookOf(o.optimizer, study.optimizers.indexOf(o)).color;
    var best = stepsOf(o.best);
    var loose = stepsOf(o.untuned);
    if (best !== null) {
      values.push(best);
      tuned.push({value: [best, index], itemStyle: {color: color}, name: o.optimizer,
                  label: {show: loose !== best, position: 'left', color: MUTED, fontSize: 11,
                          formatter: countText(best) + ' at ' + rateText(o.best.learning_rate)}});
    }
    if (loose !== null) {
      values.push(loose);
      without.push({value: [loose, index], itemStyle: {color: '#fff', borderColor: color, borderWidth: 2},
                    name: o.optimizer,
                    label: {show: true, position: 'right', color: TEXT, fontSize: 11,
                            formatter: countText(loose) + ' untuned, at ' +
                                rateText(o.untuned.learning_rate)}});
      if (best !== null) lines.push([{coord: [best, index]}, {coord: [loose, index]}]);
    } else if (o.untuned !== null || best === null) {
      failed.push({index: index, words: o.untuned !== null
          ? 'untuned, at ' + rateText(o.untuned.learning_rate) + ': does not reach the target'
          : 'does not reach the target'});
    }
  });
  // Room on the left for the words beside the fastest.
  if (values.length > 0) values.push(0.6 * Math.min.apply(null, values));
  var xAxis = logValueAxis('training steps to target (log scale)', values);
  xAxis.nameGap = 32;
  failed.forEach(function (mark) {
    var best = stepsOf(optimizers[mark.index].best);
    without.push({value: [best === null ? xAxis.min : best, mark.index], symbolSize: 0.1,
                  itemStyle: {color: 'transparent', borderColor: 'transparent'},
                  label: {show: true, position: 'right', distance: 10, color: MUTED, fontSize: 11,
                          formatter: mark.words}});
  });
  return {
    animation: false, backgroundColor: '#fff', textStyle: {fontFamily: FONT},
    title: title('What tuning is worth: each optimizer at its best rate, and untuned', subtitle(study)),
    legend: {data: ['at its best rate', 'untuned, at the rate of its authors'], left: nameSpace(names, 100) - 16, top: 60,
             textStyle: {fontSize: 12, color: TEXT, fontFamily: FONT}, itemGap: 18},
    tooltip: tooltip('item', function (item) {
      return [item.name + ': ' + countText(item.value[0]) + ' steps'];
    }),
    grid: {left: nameSpace(names, 100), right: 60, top: 96, bottom: 62},
    xAxis: xAxis,
    yAxis: {type: 'category', data: names, inverse: true, axisTick: {show: false},
            axisLine: {lineStyle: {color: MUTED}},
            axisLabel: {fontSize: 12, color: TEXT, fontFamily: FONT},
            splitLine: {show: true, lineStyle: {color: '#f2f2f2'}}},
    series: [
      {name: 'at its best rate', type: 'scatter', symbol: 'circle', symbolSize: 10, data: tuned,
       itemStyle: {color: TEXT},
       markLine: {symbol: 'none', silent: true, lineStyle: {type: 'solid', width: 1.5, color: '#bbb'},
                  data: lines, label: {show: false}}},
      {name: 'untuned, at the rate of its authors', type: 'scatter', symbol: 'circle', symbolSize: 10,
       itemStyle: {color: '#fff', borderColor: TEXT, borderWidth: 2}, data: without}
    ]
  };
}

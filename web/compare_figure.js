// Several searches at equal cost: what each has found by then. The data is that of bench/equal_cost:
// the cost in steps, the metric, and of every method a list for each seed of [spent, best so far].
import {countAxis, legend, logValueAxis, title} from './axes.js';
import {FONT, METHOD_LOOKS, TEXT, countText} from './style.js';
import {tooltip} from './text.js';

// Worse ones lie so close to the axis' end that what is better could not be told apart.
var MOST_ERROR = 0.05;
var PARTS = 8;  // of the cost, between ticks

function percent(accuracy) {
  return Number((100 * accuracy).toFixed(2)) + ' %';
}

// From the last one that is below all values.
function errorTicks(values) {
  var ticks = [];
  [0.001, 0.01, 0.1].forEach(function (decade) {
    [1, 1.5, 2, 2.5, 3, 4, 5, 7].forEach(function (factor) { ticks.push(factor * decade); });
  });
  var least = Math.min.apply(null, values.concat([MOST_ERROR]));
  return ticks.filter(function (tick, i) {
    return tick <= MOST_ERROR && (i + 1 === ticks.length || ticks[i + 1] > least);
  });
}

// [spent, error] as a line of steps to the end of the cost.
function errors(seed, cost) {
  var points = seed.map(function (point) { return [point[0], 1 - point[1]]; });
  if (points.length > 0) points.push([cost, points[points.length - 1][1]]);
  return points;
}

function errorAt(points, spent) {
  var error = Infinity;
  points.forEach(function (point) { if (point[0] <= spent) error = point[1]; });
  return error;
}

function median(values) {
  var sorted = values.slice().sort(function (a, b) { return a - b; });
  var half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

// From where more than half of the seeds have found something.
function medians(lines) {
  var places = [];
  lines.forEach(function (points) { points.forEach(function (point) { places.push(point[0]); }); });
  places.sort(function (a, b) { return a - b; });
  return places.map(function (spent) {
    return [spent, median(lines.map(function (points) { return errorAt(points, spent); }))];
  }).filter(function (point) { return isFinite(point[1]); });
}

export function equalCost(comparison) {
  var names = comparison.methods.map(function (method) { return method.name; });
  var series = [];
  var values = [];
  comparison.methods.forEach(function (method, index) {
    var look = METHOD_LOOKS[index % METHOD_LOOKS.length];
    var lines = method.seeds.map(function (seed) { return errors(seed, comparison.cost); });
    lines.forEach(function (points) {
      points.forEach(function (point) { if (point[1] <= MOST_ERROR) values.push(point[1]); });
      series.push({name: method.name + ', a seed', type: 'line', step: 'end', symbol: 'none', z: 2,
                   silent: true, data: points,
                   lineStyle: {color: look.color, width: 1, opacity: 0.4, type: look.dash}});
    });
    series.push({name: method.name, type: 'line', step: 'end', symbol: 'none', z: 3,
                 data: medians(lines), itemStyle: {color: look.color},
                 lineStyle: {color: look.color, width: 2.6, type: look.dash}});
  });
  var yAxis = logValueAxis(comparison.metric.replace('_', ' ') + ' (log scale of the error)', values,
                           function (error) { return percent(1 - error); });
  var ticks = errorTicks(values);
  yAxis.inverse = true;
  yAxis.min = ticks[0];
  yAxis.max = MOST_ERROR;
  yAxis.axisLabel.customValues = yAxis.axisTick.customValues = ticks;
  return {
    animation: false, backgroundColor: '#fff', textStyle: {fontFamily: FONT, color: TEXT},
    title: title('Searches at equal cost: the best found so far', comparison.about +
                 '\nthick: the median of ' + comparison.methods[0].seeds.length + ' seeds, thin: each seed'),
    legend: legend(names, {top: 76, left: 84, right: 24, itemWidth: 40, itemStyle: {opacity: 0}}),
    tooltip: tooltip('item', function (item) {
      return [item.seriesName + ': ' + percent(1 - item.value[1]) + ' after ' + countText(item.value[0]) +
              ' steps'];
    }),
    grid: {left: 92, right: 40, top: 116, bottom: 62},
    xAxis: countAxis('training steps spent', {max: comparison.cost, interval: comparison.cost / PARTS}),
    yAxis: yAxis,
    series: series
  };
}

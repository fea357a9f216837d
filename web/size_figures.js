// Training time against the size of the network.
import {isLogRate, legend, legendSpace, rateName, subtitle, title, valuePlaces, valuesOf, weightsAxis} from './axes.js';
import {OFF_WORDS, least, most, offStyle, standing, stands, withEdges} from './places.js';
import {FONT, MUTED, RATE_LOOKS, TEXT, countText, rateText} from './style.js';
import {tooltip} from './text.js';

var UNITS = {
  steps: 'training steps to target',
  seconds: 'compute seconds to target, alone on one core',
  operations: 'floating-point operations to target'
};

function lineName(study, line) {
  if (line.learning_rate === null) return line.optimizer;
  var rate = rateText(line.learning_rate);
  return study.study.optimizers.length > 1 ? line.optimizer + ' at ' + rate : 'rate ' + rate;
}

// How large a network is, or what a program of one's own is.
function sizeText(study, point, size) {
  if (study.study.command) return 'scale ' + point.scale;
  return point.scale + ' times the filters, ' + countText(size) + ' weights';
}

function numberText(value) {
  if (value >= 1e6) return value.toExponential(1).replace('e+', 'e');
  return value >= 1000 ? countText(value) : String(Number(value.toPrecision(3)));
}

function lookOf(index) { return RATE_LOOKS[index % RATE_LOOKS.length]; }

// The points of one line, a gap where not every seed reached the target.
function pointsOf(line, unit) {
  return line.points.map(function (point) {
    return {value: [point.weights, point[unit]], scale: point.scale};
  });
}

// The fitted line at the smallest and the largest size, and between, for a curved axis.
function fitted(line, unit) {
  var fit = line.fits[unit];
  if (!fit) return [];
  return line.points.map(function (point) {
    var y = fit.intercept + fit.slope * point.weights;
    return [point.weights, y > 0 ? y : null];
  });
}

function fitText(fit) {
  if (!fit) return 'too few sizes reached the target for a fit';
  return 'time = c + k n: c = ' + numberSigned(fit.intercept) + ', k = ' + numberSigned(fit.slope) +
      ' (95 %: ' + numberSigned(fit.slope_interval[0]) + ' to ' +
      numberSigned(fit.slope_interval[1]) + '), R\u00b2 = ' + fit.r_squared.toFixed(3);
}

function numberSigned(value) {
  return value < 0 ? '\u2212' + shortNumber(-value) : shortNumber(value);
}

function shortNumber(value) {
  if (value !== 0 && (value < 1e-3 || value >= 1e5)) {
    return value.toExponential(2).replace('e+', 'e');
  }
  return String(Number(value.toPrecision(3)));
}

// 4. One rate, with the fitted line.
export function oneRate(study, unit) {
  unit = unit || 'steps';
  var line = study.sizes.widest === null ? null : study.sizes.lines[study.sizes.widest];
  var data = line ? pointsOf(line, unit) : [];
  return {
    animation: false, backgroundColor: '#fff', textStyle: {fontFamily: FONT},
    title: title('Training time against size' + (line ? ', ' + line.optimizer +
                     (line.learning_rate === null ? '' : ' at ' + rateText(line.learning_rate)) : ''),
                 line ? fitText(line.fits[unit]) : subtitle(study)),
    tooltip: tooltip('item', function (item) {
      if (!item.data || item.data.scale === undefined) return [];
      return [sizeText(study, item.data, item.value[0]), numberText(item.value[1]) + ' ' + UNITS[unit]];
    }),
    grid: {left: 100, right: 40, top: 76, bottom: 62},
    xAxis: weightsAxis(study),
    yAxis: {type: 'value', name: UNITS[unit], nameLocation: 'middle', nameGap: 72, min: 0,
            nameTextStyle: {fontSize: 13, color: TEXT, fontFamily: FONT},
            axisLabel: {fontSize: 12, color: TEXT, fontFamily: FONT, formatter: numberText},
            axisLine: {show: true, lineStyle: {color: MUTED}},
            splitLine: {lineStyle: {color: '#ececec'}}},
    series: [
      {name: 'measured', type: 'scatter', symbolSize: 8, itemStyle: {color: '#0072B2'}, data: data},
      {name: 'fit', type: 'line', symbol: 'none', data: line ? fitted(line, unit) : [],
       lineStyle: {color: '#D55E00', width: 2}, silent: true}
    ]
  };
}

// 5. Every rate; failed trainings are gaps.
export function everyRate(study, unit) {
  unit = unit || 'steps';
  var series = [];
  var names = [];
  study.sizes.lines.forEach(function (line, index) {
    var look = lookOf(index);
    var data = pointsOf(line, unit);
    var name = lineName(study, line);
    names.push(name);
    series.push({name: name, type: 'line', symbol: look.symbol, symbolSize: 8, connectNulls: false,
                 lineStyle: {width: 2, color: look.color}, itemStyle: {color: look.color},
                 data: data});
    series.push({name: name, type: 'line', symbol: 'none', silent: true, tooltip: {show: false},
                 lineStyle: {width: 1, type: 'dashed', color: look.color},
                 itemStyle: {color: look.color},
                 data: fitted(line, unit).map(function (p) { return {value: p}; })});
  });
  var measured = series.filter(function (s, i) { return i % 2 === 0; });
  var places = valuePlaces(UNITS[unit], valuesOf(measured), numberText);
  measured.forEach(function (line) {
    line.data.forEach(function (point) {
      var time = point.value[1];
      if (time === null || !places.isOff(time)) return;
      point.of = time;
      point.value[1] = places.at(time);
      point.itemStyle = offStyle(line.itemStyle.color);
    });
  });
  return {
    animation: false, backgroundColor: '#fff', textStyle: {fontFamily: FONT},
    title: title('Training time against size, every rate',
                 subtitle(study) + '; gap: failed; dashed: fitted line' + (places.hasOff ? '; ' + OFF_WORDS : '')),
    legend: legend(names, {top: 60, left: 100, right: 24, itemGap: 20}),
    tooltip: tooltip('item', function (item) {
      var time = item.data.of === undefined ? item.value[1] : item.data.of;
      return [item.seriesName, sizeText(study, item.data, item.value[0]), numberText(time) + ' ' + UNITS[unit]];
    }),
    grid: {left: 100, right: 40, top: 112 + Math.max(0, legendSpace(names) - 14), bottom: 62},
    xAxis: weightsAxis(study),
    yAxis: places.axis,
    series: series
  };
}

// Pixels that the legend needs beyond the usual.
export function moreLines(study) {
  return Math.max(0, legendSpace(study.sizes.lines.map(function (line) { return lineName(study, line); })) - 14);
}

// 6. The best rate at each size; below it, what the smallest network's best rate would cost there.
export function moreBest(study) { return legendSpace(study.study.optimizers); }
export function hasRates(study) {
  return !study.study.axes || study.study.axes.number !== '';
}
export function bestRate(study) {
  var optimizers = study.study.optimizers;
  var best = [];
  var loss = [];
  optimizers.forEach(function (optimizer, index) {
    var look = lookOf(index);
    var rows = study.sizes.best.filter(function (row) { return row.optimizer === optimizer; });
    var style = {name: optimizer, type: 'line', symbol: look.symbol, symbolSize: 8,
                 connectNulls: false, lineStyle: {width: 2, color: look.color},
                 itemStyle: {color: look.color}};
    var above = {data: rows.map(function (row) {
      return {value: [row.weights, row.learning_rate], scale: row.scale};
    })};
    var below = {xAxisIndex: 1, yAxisIndex: 1, data: rows.map(function (row) {
      var known = row.steps !== null && row.steps_at_first_best !== null;
      return {value: [row.weights, known ? row.steps_at_first_best / row.steps : null],
              scale: row.scale};
    })};
    for (var key in style) {
      above[key] = style[key];
      below[key] = style[key];
    }
    best.push(above);
    loss.push(below);
  });
  var rates = study.study.learning_rates.concat(valuesOf(best));
  var log = isLogRate(study);
  var can = standing(rates, log);
  var room = least(can) === most(can) ? 1 : 0.05 * (most(can) - least(can));
  var rateTicks = study.study.learning_rates.filter(function (rate) { return stands(rate, log); });
  var places = withEdges(
      {type: log ? 'log' : 'value', name: 'best ' + rateName(study), nameLocation: 'middle', nameGap: 66,
       min: log ? least(can) / 1.3 : least(can) - room, max: log ? most(can) * 1.3 : most(can) + room,
       nameTextStyle: {fontSize: 13, color: TEXT, fontFamily: FONT},
       axisTick: {customValues: rateTicks},
       axisLabel: {fontSize: 12, color: TEXT, fontFamily: FONT, customValues: rateTicks, formatter: rateText},
       axisLine: {show: true, onZero: false, lineStyle: {color: MUTED}},
       splitLine: {lineStyle: {color: '#ececec'}}}, rates, log);
  best.forEach(function (line) {
    line.data.forEach(function (point) {
      if (typeof point.value[1] === 'number') point.value[1] = places.at(point.value[1]);
    });
  });
  return {
    animation: false, backgroundColor: '#fff', textStyle: {fontFamily: FONT},
    title: title('The best ' + rateName(study) + ' at each size',
                 'below: time with the best rate of the smallest network, over the best time there'),
    legend: legend(optimizers, {top: 60, left: 100, right: 24}),
    tooltip: tooltip('item', function (item) {
      return [item.seriesName + ', ' + sizeText(study, item.data, item.value[0]) + ': ' +
              Number(item.value[1].toPrecision(3))];
    }),
    grid: [{left: 100, right: 40, top: 100 + legendSpace(optimizers), height: 200},
           {left: 100, right: 40, top: 344 + legendSpace(optimizers), bottom: 62}],
    xAxis: [weightsAxis(study, {name: '', axisLabel: {show: false}}), weightsAxis(study, {gridIndex: 1})],
    yAxis: [places.axis,
            {type: 'value', gridIndex: 1, name: 'times the best', nameLocation: 'middle', nameGap: 66,
             min: 1, nameTextStyle: {fontSize: 13, color: TEXT, fontFamily: FONT},
             axisLabel: {fontSize: 12, color: TEXT, fontFamily: FONT},
             axisLine: {show: true, lineStyle: {color: MUTED}},
             splitLine: {lineStyle: {color: '#ececec'}}}],
    series: best.concat(loss)
  };
}

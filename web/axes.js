// What all figures share: titles, axes, legends.
import {programName} from './own_program.js';
import {least, most, standing, withEdges} from './places.js';
import {FONT, MUTED, TEXT, countText, rateText, shortNumber} from './style.js';
import {oneLine, shortened} from './text.js';

// As many characters as a figure's width has room for.
var TITLE = 92;
var SUBTITLE = 150;
// Of a name inside a sentence.
export var NAME = 40;

export function title(text, subtext) {
  var below = subtext.split('\n').map(function (line) { return shortened(oneLine(line), SUBTITLE); });
  return {text: shortened(oneLine(text), TITLE), subtext: below.join('\n'), left: 16, top: 10, itemGap: 4,
          textStyle: {fontSize: 17, lineHeight: 22, fontWeight: 'bold', color: TEXT, fontFamily: FONT},
          subtextStyle: {fontSize: 12, lineHeight: 16, color: MUTED, fontFamily: FONT}};
}

// What stands on the axis of learning rates; of a program of one's own the parameter that it is drawn by.
export function rateName(study) {
  var name = study.study.axes ? study.study.axes.number : 'learning_rate';
  return shortened(oneLine(name), NAME).replace(/_/g, ' ');
}
export function isLogRate(study) {
  return !study.study.axes || study.study.axes.is_log;
}
export function rateAxisName(study) {
  return rateName(study) + (isLogRate(study) ? ' (log scale)' : '');
}

// The axis of rates, and where each rate stands on it.
export function ratePlaces(study, extra) {
  var log = isLogRate(study);
  var rates = standing(ratesOf(study), log);
  var low = least(rates);
  var high = most(rates);
  var margin = low === high ? 3 : Math.pow(high / low, 0.015);
  var room = low === high ? 1 : (high - low) * 0.02;
  var axis = {type: log ? 'log' : 'value', min: log ? low / margin : low - room,
              max: log ? high * margin : high + room, name: rateAxisName(study),
              nameLocation: 'middle', nameGap: 30,
              nameTextStyle: {fontSize: 13, color: TEXT, fontFamily: FONT},
              axisLabel: {fontSize: 12, color: TEXT, fontFamily: FONT,
                          formatter: log ? decadeText : valueText},
              axisLine: {onZero: false, lineStyle: {color: MUTED}},
              splitLine: {show: true, lineStyle: {color: '#ececec'}}};
  for (var key in extra) axis[key] = extra[key];
  var decades = log ? logTicks([low, high]).filter(function (tick) {
    return isDecade(tick) && tick >= axis.min && tick <= axis.max;
  }) : [low, high];
  return withEdges(axis, ratesOf(study).concat(study.study.misses_numbers ? [null] : []), log, decades);
}

export function isDecade(value) {
  var power = Math.log(value) / Math.LN10;
  return Math.abs(power - Math.round(power)) < 1e-6;
}

// Only whole decades get a label.
function decadeText(value) {
  return isDecade(value) ? rateText(Math.pow(10, Math.round(Math.log(value) / Math.LN10))) : '';
}

// Ticks at 1, 2 and 5 in each decade that the values touch; they end the axis too.
export function logTicks(values) {
  var low = least(values);
  var high = most(values);
  var ticks = [];
  var start = Math.floor(Math.log(low) / Math.LN10);
  var end = Math.ceil(Math.log(high) / Math.LN10);
  for (var power = start; power <= end; ++power) {
    [1, 2, 5].forEach(function (factor) { ticks.push(factor * Math.pow(10, power)); });
  }
  return ticks.filter(function (tick, i) {
    return (i + 1 >= ticks.length || ticks[i + 1] > low) && (i === 0 || ticks[i - 1] < high);
  });
}

// Of ticks over many decades every so many decades, and both ends.
var MOST_TICKS = 30;
function everyFew(ticks) {
  var every = 3 * Math.ceil(ticks.length / 3 / 12);
  return ticks.filter(function (tick, i) { return i % every === 0 || i === ticks.length - 1; });
}

// A logarithmic axis over values, and where each stands on it.
export function valuePlaces(name, values, text, zero) {
  var all = standing(values, true);
  var ticks = logTicks(values.length > 0 ? all : [1, 10]);
  if (ticks.length < 2) ticks = [all[0] / 2, all[0], 2 * all[0]];
  if (ticks.length > MOST_TICKS) ticks = everyFew(ticks);
  return withEdges({type: 'log', name: name, nameLocation: 'middle', nameGap: 58,
              min: ticks[0], max: ticks[ticks.length - 1],
              nameTextStyle: {fontSize: 13, color: TEXT, fontFamily: FONT},
              axisLabel: {fontSize: 12, color: TEXT, fontFamily: FONT, formatter: text || valueText,
                          customValues: ticks},
              axisTick: {customValues: ticks},
              axisLine: {show: true, onZero: false, lineStyle: {color: MUTED}},
              splitLine: {lineStyle: {color: '#ececec'}}}, values, true, null, zero);
}
// The axis alone, where every value stands.
export function logValueAxis(name, values, text) { return valuePlaces(name, values, text).axis; }

// The values of lines whose points are [rate, value], gaps left out.
export function valuesOf(series) {
  var values = [];
  series.forEach(function (line) {
    line.data.forEach(function (point) {
      if (point.value && typeof point.value[1] === 'number') values.push(point.value[1]);
    });
  });
  return values;
}

export function valueText(value) {
  if (Math.abs(value) >= 1e9) return shortNumber(value, 3);
  return value >= 1000 ? countText(value) : shortNumber(value, 3);
}

export function legend(names, extra) {
  var result = {data: names, right: 16, top: 14, itemWidth: 22, itemHeight: 10, itemGap: 14,
                textStyle: {fontSize: 13, color: TEXT, fontFamily: FONT}};
  for (var key in extra) result[key] = extra[key];
  return result;
}

// Pixels that a legend's rows after its first take, in a figure's usual width.
export function legendSpace(names) {
  var width = 0;
  names.forEach(function (name) { width += 8 * name.length + 44; });
  return 28 * (Math.ceil(width / 860) - 1);
}

// Room for names on the left of an axis.
export function nameSpace(names, least) {
  var longest = 0;
  names.forEach(function (name) { longest = Math.max(longest, name.length); });
  return Math.max(least, 16 + 8 * longest);
}

// A data set's name, or the last part of its folder's.
function dataName(data) {
  return oneLine(data).replace(/\/+$/, '').split('/').pop();
}

export function subtitle(study) {
  var s = study.study;
  if (s.command) {
    return programName(s.command.command) +
        (s.target === 'none' ? '' : ', target ' + shortened(oneLine(s.target), NAME)) +
        (s.budget === null ? '' : ', budget ' + countText(s.budget) + ' steps') +
        (s.seeds > 1 ? ', mean of ' + s.seeds + ' seeds' : '') + (s.few_words || '');
  }
  return s.model + ' (' + countText(s.weights) + ' weights) on ' + dataName(s.data) +
      (s.target === 'none' ? '' : ', target ' + s.target) + ', budget ' + countText(s.budget) + ' steps' +
      (s.seeds > 1 ? ', mean of ' + s.seeds + ' seeds' : '');
}

export function ratesOf(study) {
  return study.study.learning_rates;
}

// A linear axis of the network's size.
export function weightsAxis(study, extra) {
  if (!study.study.command) return countAxis('weights of the network', extra);
  var axis = countAxis('scale', extra);
  axis.axisLabel.formatter = valueText;
  return axis;
}

// A linear axis from 0.
export function countAxis(name, extra) {
  var axis = {type: 'value', name: name, nameLocation: 'middle', nameGap: 32,
              min: 0, nameTextStyle: {fontSize: 13, color: TEXT, fontFamily: FONT},
              axisLabel: {fontSize: 12, color: TEXT, fontFamily: FONT, formatter: countText},
              axisLine: {show: true, lineStyle: {color: MUTED}},
              splitLine: {lineStyle: {color: '#ececec'}}};
  for (var key in extra) axis[key] = extra[key];
  return axis;
}

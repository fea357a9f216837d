// The axes of a search's figures: of what its trials are worth, and of the strips in which they fall.
import {isDecade, isLogRate, logTicks, rateAxisName, ratePlaces, valuePlaces, valueText} from './axes.js';
import {least, most, standing, stands, withEdges} from './places.js';
import {FONT, MUTED, TEXT, rateText} from './style.js';
import {bestMetric, lossOf, metricName, metricScale, metricText} from './tune_trials.js';

// Whether losses of a metric stand on a logarithmic axis.
function isLog(scale, losses) {
  return scale === 'error' ||
      (scale === 'least' && losses.every(function (loss) { return loss >= 0; }) &&
       losses.some(function (loss) { return stands(loss, true); }));
}
function metricWords(metric, scale, losses) {
  return metricName(metric) + (scale === 'error' ? ' (log scale of the error)' : isLog(scale, losses) ? ' (log scale)' : '');
}
function linearMetricAxis(name, scale, extra) {
  var axis = {type: 'value', scale: true, name: name, nameLocation: 'middle', nameGap: 58,
              nameTextStyle: {fontSize: 13, color: TEXT, fontFamily: FONT},
              axisLabel: {fontSize: 12, color: TEXT, fontFamily: FONT,
                          formatter: function (loss) { return metricText(scale, loss); }},
              axisLine: {show: true, onZero: false, lineStyle: {color: MUTED}},
              splitLine: {show: true, lineStyle: {color: '#ececec'}}};
  for (var key in extra) axis[key] = extra[key];
  return axis;
}

// Where all can stand the axis finds its own ends.
function linearPlaces(axis, losses, share) {
  var can = standing(losses, false);
  var room = 0.05 * (most(can) - least(can)) || 1;
  if (!losses.every(function (loss) { return stands(loss, false); })) {
    axis.min = least(can) - room;
    axis.max = most(can) + room;
  }
  return withEdges(axis, losses, false, null, null, share);
}

export function lossPlaces(study, losses) {
  var metric = bestMetric(study);
  if (metric === null) return valuePlaces('training steps to target', losses);
  var scale = metricScale(study);
  var name = metricWords(metric, scale, losses);
  var text = function (loss) { return metricText(scale, loss); };
  var places = isLog(scale, losses) ? valuePlaces(name, losses, text, text(0))
                                    : linearPlaces(linearMetricAxis(name, scale, {}), losses);
  places.axis.inverse = scale !== 'least';
  return places;
}

// An edge's part of a strip, whose ticks' labels it must not touch.
var STRIP_EDGE = 0.2;

// At most so many ticks within the values' range, of which the axis is a little wider.
function fewTicks(values, count) {
  var low = least(values);
  var high = most(values);
  var ticks = logTicks([low, high]).filter(function (tick) {
    return tick >= low / 1.2 && tick <= high * 1.2;
  });
  if (ticks.length < 2) return low === high ? [low] : [low, high];
  if (ticks.length <= count) return ticks;
  var decades = ticks.filter(isDecade);
  var every = Math.ceil(decades.length / count);
  return decades.filter(function (tick, i) { return i % every === 0; });
}

export function stripPlaces(name, values, mostTicks, text, extra, zero, share) {
  var all = standing(values, true);
  var ticks = fewTicks(all, mostTicks);
  var axis = {type: 'log', name: name, nameLocation: 'middle',
              min: least(all) / 1.35, max: most(all) * 1.35,
              nameTextStyle: {fontSize: 13, color: TEXT, fontFamily: FONT},
              axisLabel: {fontSize: 12, color: TEXT, fontFamily: FONT, formatter: text, customValues: ticks},
              axisTick: {customValues: ticks},
              axisLine: {show: true, onZero: false, lineStyle: {color: MUTED}},
              splitLine: {show: true, lineStyle: {color: '#ececec'}}};
  for (var key in extra) axis[key] = extra[key];
  return withEdges(axis, values, true, null, zero, share);
}

// Of learning rates, or of what a program of one's own is drawn by.
export function rateStripPlaces(study, rates, extra) {
  if (isLogRate(study)) return stripPlaces(rateAxisName(study), rates, 12, rateText, extra);
  return ratePlaces(study, extra);
}

// Up the strip go the steps or, where trials train as long as they may, how good they became.
export function heights(study, shown, extra) {
  var metric = bestMetric(study);
  if (metric === null) {
    return stripPlaces('steps trained (log scale)', shown.map(function (trial) { return trial.steps; }), 4,
                       valueText, extra, '0', STRIP_EDGE);
  }
  var losses = shown.map(function (trial) { return lossOf(study, trial); });
  var scale = metricScale(study);
  var name = metricWords(metric, scale, losses);
  var text = function (loss) { return metricText(scale, loss); };
  // Edges take the room of some ticks.
  var ticks = losses.every(function (loss) { return stands(loss, true); }) ? 5 : 3;
  var places = isLog(scale, losses) ? stripPlaces(name, losses, ticks, text, extra, text(0), STRIP_EDGE)
                                    : linearPlaces(linearMetricAxis(name, scale, extra), losses, STRIP_EDGE);
  if (!isLog(scale, losses)) places.axis.splitNumber = 3;
  places.axis.inverse = scale !== 'least';
  if (places.axis.inverse) places.axis.nameLocation = 'start';
  return places;
}

// Where values stand on an axis. Zero, what is below it and what is no number have no place on a
// logarithmic axis: they are shown at its edge, which says so, by marks of their own look.

// Beyond these no measurement goes, and a scale that did would tell no other values apart.
var LEAST = 1e-100;
var MOST = 1e100;

export function stands(value, isLog) {
  return typeof value === 'number' && Math.abs(value) <= MOST && (!isLog || value >= LEAST);
}
export function least(values) {
  return values.reduce(function (a, b) { return Math.min(a, b); }, Infinity);
}
export function most(values) {
  return values.reduce(function (a, b) { return Math.max(a, b); }, -Infinity);
}

// Those that the axis is made for; where there are none, any.
export function standing(values, isLog) {
  var all = values.filter(function (value) { return stands(value, isLog); });
  return all.length > 0 ? all : [1];
}

function kindOf(value, isLog) {
  if (typeof value !== 'number') return 'none';
  if (value > MOST) return 'more';
  if (value === 0) return '0';
  if (!isLog) return 'less';
  return value < 0 ? 'below 0' : 'near 0';
}

// Sets an axis that has min, max and perhaps its ticks as customValues up for `values`: where some
// cannot stand it gets an edge with a tick that says what is there. at(value) is a value's place,
// isOff(value) whether that is the edge. `ticks` are those of an axis that chooses its own, `zero` is
// what the edge says of 0 where the axis does not show values as they are, `share` the edge's part of
// the axis.
export function withEdges(axis, values, isLog, ownTicks, zero, share) {
  var kinds = {};
  values.forEach(function (value) {
    if (!stands(value, isLog)) kinds[kindOf(value, isLog)] = true;
  });
  var low = Object.keys(kinds).filter(function (kind) { return kind !== 'more'; });
  var part = share || 0.07;
  var room = isLog ? Math.max(Math.pow(axis.max / axis.min, part), 1.6) : (axis.max - axis.min) * part;
  function beyond(end, times) {
    return isLog ? end * Math.pow(room, times) : end + room * times;
  }
  var edges = {};
  if (low.length > 0) edges.low = {
    at: beyond(axis.min, -1),
    text: low.length > 2 ? 'off the scale' : low.sort().join(', ').replace(/^0(?=,|$)/, zero || '0')
  };
  if (kinds.more) edges.high = {at: beyond(axis.max, 1), text: 'more'};
  if (edges.low || edges.high) {
    var usual = axis.axisLabel.formatter;
    var ticks = axis.axisLabel.customValues || ownTicks || [axis.min, axis.max];
    ticks = (edges.low ? [edges.low.at] : []).concat(ticks, edges.high ? [edges.high.at] : []);
    if (edges.low) axis.min = beyond(edges.low.at, -0.4);
    if (edges.high) axis.max = beyond(edges.high.at, 0.4);
    axis.axisLabel.customValues = ticks;
    axis.axisTick = axis.axisTick || {};
    axis.axisTick.customValues = ticks;
    axis.axisLabel.formatter = function (value) {
      var edge = [edges.low, edges.high].filter(function (one) {
        return one && Math.abs(value - one.at) <= 1e-6 * Math.abs(one.at);
      })[0];
      return edge ? edge.text : usual ? usual(value) : String(value);
    };
  }
  return {
    axis: axis,
    at: function (value) {
      if (stands(value, isLog)) return value;
      return kindOf(value, isLog) === 'more' ? edges.high.at : edges.low.at;
    },
    isOff: function (value) { return !stands(value, isLog); },
    hasOff: low.length > 0 || kinds.more === true
  };
}

// How a mark at an edge looks.
export function offStyle(color) {
  return {color: '#fff', borderColor: color, borderWidth: 1.6, borderType: [3, 2], opacity: 1};
}
export var OFF_WORDS = 'dashed, at the edge: no place on the scale';

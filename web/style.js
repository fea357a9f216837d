// How an optimizer looks in every figure: a colour (Okabe and Ito's set, which colour-blind readers
// can tell apart), and a mark of its own besides.
var LOOKS = {
  gd: {color: '#0072B2', symbol: 'circle'},
  sgd: {color: '#0072B2', symbol: 'circle'},
  momentum: {color: '#56B4E9', symbol: 'rect'},
  adagrad: {color: '#009E73', symbol: 'triangle'},
  adadelta: {color: '#B8860B', symbol: 'diamond'},
  rmsprop: {color: '#D55E00', symbol: 'path://M0,-5 L2,-2 L5,0 L2,2 L0,5 L-2,2 L-5,0 L-2,-2 Z'},
  adam: {color: '#AA4499', symbol: 'path://M-4,-4 L4,-4 L0,5 Z'},
  // More than colours can tell apart: the further ones have thinner marks of their own.
  nesterov: {color: '#56B4E9', symbol: 'path://M-4,-4 L-2,-4 L0,-1 L2,-4 L4,-4 L1,0 L4,4 L2,4 L0,1 L-2,4 L-4,4 L-1,0 Z'},
  adamw: {color: '#332288', symbol: 'path://M-4,-4 L4,-4 L0,5 Z'},
  amsgrad: {color: '#882255', symbol: 'rect'},
  nadam: {color: '#CC6677', symbol: 'diamond'},
  lion: {color: '#999933', symbol: 'triangle'},
  'dadapt-adam': {color: '#44AA99', symbol: 'circle'},
  prodigy: {color: '#117733', symbol: 'path://M-1.3,-5 L1.3,-5 L1.3,-1.3 L5,-1.3 L5,1.3 L1.3,1.3 L1.3,5 L-1.3,5 L-1.3,1.3 L-5,1.3 L-5,-1.3 L-1.3,-1.3 Z'},
  dog: {color: '#661100', symbol: 'roundRect'},
  'schedule-free': {color: '#888888', symbol: 'path://M-5,0 L0,-5 L5,0 L3,0 L0,-3 L-3,0 Z'}
};
// Of names that are none of these: Okabe and Ito's colours again, with marks in turn.
var SPARE = ['#0072B2', '#D55E00', '#009E73', '#AA4499', '#56B4E9', '#B8860B', '#332288', '#882255'];
var SPARE_SYMBOLS = ['circle', 'rect', 'triangle', 'diamond', 'roundRect'];

export function lookOf(optimizer, index) {
  return (Object.prototype.hasOwnProperty.call(LOOKS, optimizer) && LOOKS[optimizer]) ||
      {color: SPARE[index % SPARE.length], symbol: SPARE_SYMBOLS[index % SPARE_SYMBOLS.length]};
}

// Learning rates of one optimizer, in ascending order: colours of the same set, each with a mark.
export var RATE_LOOKS = [
  {color: '#56B4E9', symbol: 'circle'}, {color: '#0072B2', symbol: 'rect'},
  {color: '#009E73', symbol: 'triangle'}, {color: '#B8860B', symbol: 'diamond'},
  {color: '#D55E00', symbol: 'roundRect'}, {color: '#AA4499', symbol: 'pin'}
];

// Methods side by side: colours of the same set, and a dash of its own each.
export var METHOD_LOOKS = [
  {color: '#666666', dash: [2, 3]}, {color: '#D55E00', dash: [8, 4]},
  {color: '#0072B2', dash: 'solid'}, {color: '#009E73', dash: [10, 3, 2, 3]}
];

// How a training failed, as a mark: shape tells, not colour.
export var FAILURES = {
  hopeless: {symbol: 'circle', hollow: true, label: 'given up as hopeless'},
  exhausted: {symbol: 'rect', hollow: false, label: 'budget spent'},
  diverged: {symbol: 'path://M-5,-3 L-3,-5 L0,-2 L3,-5 L5,-3 L2,0 L5,3 L3,5 L0,2 L-3,5 L-5,3 L-2,0 Z',
             hollow: false, label: 'diverged'},
  failed: {symbol: 'triangle', hollow: true, label: 'ended with an error'}
};

export var TEXT = '#222';
export var MUTED = '#666';
export var FONT = 'DejaVu Sans, Verdana, sans-serif';

// So many digits; of what is small or large with an exponent: 2.5e-7.
export function shortNumber(value, digits) {
  var size = Math.abs(value);
  if (value === 0 || (size >= 1e-4 && size < 1e7)) return String(Number(value.toPrecision(digits)));
  return value.toExponential(digits - 1).replace(/(\.\d*?)0+e/, '$1e').replace('.e', 'e').replace('e+', 'e');
}

// 1e-6, 0.001, 100: as people write learning rates.
export function rateText(value) {
  if (typeof value !== 'number') return 'none';
  if (!(value > 0)) return shortNumber(value, 4);
  var power = Math.round(Math.log(value) / Math.LN10);
  var exact = Math.abs(value / Math.pow(10, power) - 1) < 1e-9;
  if (exact && (power < -3 || power > 3)) return '1e' + power;
  var text = String(Number(value.toPrecision(4)));
  if (value < 1e-3) text = value.toExponential(3).replace(/\.?0+e/, 'e').replace('e+', 'e');
  return text;
}

export function countText(value) {
  if (value >= 1e15) return shortNumber(value, 3);
  return String(Math.round(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}

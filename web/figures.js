// All figures, in the page's order: the part of a study that each draws, its file's name and its size
// in pixels. A figure is a function from the JSON that `sweetspot show --json` prints to an ECharts
// option.
import {bestRate, everyRate, oneRate} from './size_figures.js';
import {bands, curves, fastestSlowest, timeToTrain} from './sweep_figures.js';
import {accuracyOverSeconds, accuracyOverSteps} from './trace_figures.js';

export var FIGURES = [
  {part: 'sweep', name: 'time-to-train', make: timeToTrain, width: 980, height: 660},
  {part: 'sweep', name: 'fastest-slowest', make: fastestSlowest, width: 980, height: 460},
  {part: 'sweep', name: 'bands', make: bands, width: 980, height: 430},
  {part: 'sweep', name: 'curves', make: curves, width: 980, height: 480},
  {part: 'trace', name: 'accuracy-over-steps', make: accuracyOverSteps, width: 980, height: 480},
  {part: 'trace', name: 'accuracy-over-seconds', make: accuracyOverSeconds, width: 980, height: 480},
  {part: 'size', name: 'size-one-rate', make: oneRate, width: 980, height: 480},
  {part: 'size', name: 'size-every-rate', make: everyRate, width: 980, height: 560},
  {part: 'size', name: 'size-best-rate', make: bestRate, width: 980, height: 560}
];

// All figures, in the page's order: the part of a study that each draws, its file's name, its size in
// pixels and, where a study may have nothing for it to show, which studies have. A figure is a
// function from the JSON that `sweetspot show --json` prints to an ECharts option.
import {bestRate, everyRate, oneRate} from './size_figures.js';
import {hasSchedule, schedule} from './schedule_figure.js';
import {bands, curves, fastestSlowest, timeToTrain} from './sweep_figures.js';
import {accuracyOverSeconds, accuracyOverSteps} from './trace_figures.js';

export var FIGURES = [
  {part: 'sweep', name: 'time-to-train', make: timeToTrain, width: 980, height: 660},
  {part: 'sweep', name: 'fastest-slowest', make: fastestSlowest, width: 980, height: 460},
  {part: 'sweep', name: 'bands', make: bands, width: 980, height: 430},
  {part: 'sweep', name: 'curves', make: curves, width: 980, height: 480},
  {part: 'sweep', name: 'schedule', make: schedule, shows: hasSchedule, width: 980, height: 360},
  {part: 'trace', name: 'accuracy-over-steps', make: accuracyOverSteps, width: 980, height: 480},
  {part: 'trace', name: 'accuracy-over-seconds', make: accuracyOverSeconds, width: 980, height: 480},
  {part: 'trace', name: 'trace-schedule', make: schedule, shows: hasSchedule, width: 980, height: 360},
  {part: 'size', name: 'size-one-rate', make: oneRate, width: 980, height: 480},
  {part: 'size', name: 'size-every-rate', make: everyRate, width: 980, height: 560},
  {part: 'size', name: 'size-best-rate', make: bestRate, width: 980, height: 560},
  {part: 'size', name: 'size-schedule', make: schedule, shows: hasSchedule, width: 980, height: 360}
];

export function figuresOf(part, study) {
  return FIGURES.filter(function (figure) {
    return figure.part === part && (!figure.shows || figure.shows(study));
  });
}

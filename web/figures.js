// All figures, in the page's order: the part of a study that each draws, its file's name, its size in
// pixels, how many more of them some studies need and, where a study may have nothing to show, which
// studies have. A figure is a function from the JSON that `sweetspot show --json` prints to an
// ECharts option; those of the part `compare` are of several studies, and their JSON is bench's.
import {choices, hasChoices, moreChoices} from './choices_figure.js';
import {equalCost} from './compare_figure.js';
import {hasImportance, importance, moreImportance} from './importance_figure.js';
import {bestRate, everyRate, hasRates, moreBest, moreLines, oneRate} from './size_figures.js';
import {hasSchedule, schedule} from './schedule_figure.js';
import {bands, curves, fastestSlowest, hasNumber, hasSeveral, moreLegend, moreOptimizers, timeToTrain} from './sweep_figures.js';
import {accuracyOverSeconds, accuracyOverSteps, moreTraces} from './trace_figures.js';
import {hasRungs, hasTrials, hasWorked, history, moreHistory, moreRungs, moreTrials, rungs,
        trials} from './tune_figures.js';
import {hasLineage, lineage, moreLineage} from './tune_lineage.js';
import {hasUntuned, untuned} from './untuned_figure.js';

export var FIGURES = [
  {part: 'sweep', name: 'time-to-train', make: timeToTrain, shows: hasNumber, width: 980, height: 660,
   more: function (study) { return 22 * moreOptimizers(study) + moreLegend(study); }},
  {part: 'sweep', name: 'fastest-slowest', make: fastestSlowest, shows: hasSeveral, width: 980, height: 460, more: moreLegend},
  {part: 'sweep', name: 'bands', make: bands, shows: hasNumber, width: 980, height: 430,
   more: function (study) { return 52 * moreOptimizers(study); }},
  {part: 'sweep', name: 'choices', make: choices, shows: hasChoices, width: 980, height: 190, more: moreChoices},
  {part: 'sweep', name: 'curves', make: curves, width: 980, height: 480,
   more: function (study) { return 2 * moreLegend(study); }},
  {part: 'sweep', name: 'untuned', make: untuned, shows: hasUntuned, width: 980, height: 420,
   more: function (study) { return 36 * moreOptimizers(study); }},
  {part: 'sweep', name: 'schedule', make: schedule, shows: hasSchedule, width: 980, height: 360},
  {part: 'trace', name: 'accuracy-over-steps', make: accuracyOverSteps, width: 980, height: 480, more: moreTraces},
  {part: 'trace', name: 'accuracy-over-seconds', make: accuracyOverSeconds, width: 980, height: 480,
   more: moreTraces},
  {part: 'trace', name: 'trace-schedule', make: schedule, shows: hasSchedule, width: 980, height: 360},
  {part: 'size', name: 'size-one-rate', make: oneRate, width: 980, height: 480},
  {part: 'size', name: 'size-every-rate', make: everyRate, width: 980, height: 560, more: moreLines},
  {part: 'size', name: 'size-best-rate', make: bestRate, shows: hasRates, width: 980, height: 560, more: moreBest},
  {part: 'size', name: 'size-schedule', make: schedule, shows: hasSchedule, width: 980, height: 360},
  {part: 'tune', name: 'search-history', make: history, shows: hasWorked, width: 980, height: 460,
   more: moreHistory},
  {part: 'tune', name: 'search-trials', make: trials, shows: hasTrials, width: 980, height: 164,
   more: moreTrials},
  {part: 'tune', name: 'search-rungs', make: rungs, shows: hasRungs, width: 980, height: 460,
   more: moreRungs},
  {part: 'tune', name: 'search-lineage', make: lineage, shows: hasLineage, width: 980, height: 520,
   more: moreLineage},
  {part: 'tune', name: 'search-importance', make: importance, shows: hasImportance, width: 980, height: 140,
   more: moreImportance},
  {part: 'compare', name: 'equal-cost', make: equalCost, width: 980, height: 520}
];

export function figuresOf(part, study) {
  return FIGURES.filter(function (figure) {
    return figure.part === part && (!figure.shows || figure.shows(study));
  });
}

export function heightOf(figure, study) {
  return figure.height + (figure.more ? figure.more(study) : 0);
}

// The report's page: the same figures, alive. The page has a place for every figure; those of parts
// that the study has not are taken out.
import {echarts} from './echarts.js';
import {FIGURES, figuresOf, heightOf} from './figures.js';
import {readParts} from './read_study.js';
import {everyRate, oneRate} from './size_figures.js';
import {rateText} from './style.js';
import {curves, timeToTrain} from './sweep_figures.js';

var parts = readParts(document.getElementById('study').textContent);
var charts = {};
var chosen = [];

Array.prototype.forEach.call(document.querySelectorAll('[data-part]'), function (place) {
  if (!parts[place.getAttribute('data-part')]) place.parentNode.removeChild(place);
});

FIGURES.forEach(function (figure) {
  if (!parts[figure.part]) return;
  var place = document.getElementById(figure.name);
  if (figuresOf(figure.part, parts[figure.part]).indexOf(figure) < 0) {
    place.parentNode.parentNode.removeChild(place.parentNode);
    return;
  }
  place.style.height = heightOf(figure, parts[figure.part]) + 'px';
  charts[figure.name] = echarts.init(place, null, {renderer: 'svg'});
  charts[figure.name].setOption(figure.make(parts[figure.part]));
});

window.addEventListener('resize', function () {
  Object.keys(charts).forEach(function (name) { charts[name].resize(); });
});

function onUnit(group, redraw) {
  Array.prototype.forEach.call(document.querySelectorAll('input[name=' + group + ']'),
                               function (input) {
    input.addEventListener('change', function () { redraw(input.value); });
  });
}

onUnit('unit', function (unit) {
  charts['time-to-train'].setOption(timeToTrain(parts.sweep, unit), true);
});

// The clock of a program of one's own is its steps.
if (parts.size && parts.size.study.command) {
  document.getElementById('size-one-rate').parentNode.querySelector('.controls').hidden = true;
}

onUnit('size-unit', function (unit) {
  charts['size-one-rate'].setOption(oneRate(parts.size, unit), true);
  charts['size-every-rate'].setOption(everyRate(parts.size, unit), true);
});

var canChoose = parts.sweep && charts['time-to-train'] && charts.curves;
if (!canChoose && document.getElementById('chosen')) document.getElementById('chosen').hidden = true;
if (canChoose) {
  charts['time-to-train'].on('click', function (point) {
    if (!point.data || point.data.trial === undefined) return;
    var at = chosen.indexOf(point.data.trial);
    if (at >= 0) chosen.splice(at, 1);
    else chosen.push(point.data.trial);
    showCurves();
  });

  document.getElementById('reset-curves').addEventListener('click', function () {
    chosen = [];
    showCurves();
  });
}

function showCurves() {
  charts.curves.setOption(curves(parts.sweep, chosen), true);
  var trials = chosen.map(function (number) {
    var config = parts.sweep.trials[number].config;
    return config.optimizer + ' at ' + rateText(config.learning_rate);
  });
  document.getElementById('chosen').textContent = trials.length > 0
      ? 'Chosen: ' + trials.join(', ') + '.'
      : 'Click a point or a failure mark of the first figure to see its curve here.';
  document.getElementById('reset-curves').hidden = trials.length === 0;
}

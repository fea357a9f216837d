// The report's page: the same figures, alive.
import {echarts} from './echarts.js';
import {FIGURES, curves, timeToTrain} from './figures.js';
import {rateText} from './style.js';

var study = JSON.parse(document.getElementById('study').textContent);
var charts = {};
var chosen = [];

FIGURES.forEach(function (figure) {
  var place = document.getElementById(figure.name);
  place.style.height = figure.height + 'px';
  charts[figure.name] = echarts.init(place, null, {renderer: 'svg'});
  charts[figure.name].setOption(figure.make(study));
});

window.addEventListener('resize', function () {
  Object.keys(charts).forEach(function (name) { charts[name].resize(); });
});

Array.prototype.forEach.call(document.querySelectorAll('input[name=unit]'), function (input) {
  input.addEventListener('change', function () {
    charts['time-to-train'].setOption(timeToTrain(study, input.value), true);
  });
});

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

function showCurves() {
  charts.curves.setOption(curves(study, chosen), true);
  var trials = chosen.map(function (number) {
    var config = study.trials[number].config;
    return config.optimizer + ' at ' + rateText(config.learning_rate);
  });
  document.getElementById('chosen').textContent = trials.length > 0
      ? 'Chosen: ' + trials.join(', ') + '.'
      : 'Click a point or a failure mark of the first figure to see its curve here.';
  document.getElementById('reset-curves').hidden = trials.length === 0;
}

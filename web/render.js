// What the program calls: figure by figure, a study's JSON into SVG.
import {echarts} from './echarts.js';
import {FIGURES, figuresOf, heightOf} from './figures.js';

globalThis.figureNames = function (part, json) {
  return figuresOf(part, JSON.parse(json)).map(function (figure) { return figure.name; }).join(' ');
};

globalThis.figureSvg = function (name, json) {
  var study = JSON.parse(json);
  for (var i = 0; i < FIGURES.length; ++i) {
    var figure = FIGURES[i];
    if (figure.name !== name) continue;
    var chart = echarts.init(null, null,
                             {renderer: 'svg', ssr: true, width: figure.width,
                              height: heightOf(figure, study)});
    chart.setOption(figure.make(study));
    var svg = chart.renderToSVGString();
    chart.dispose();
    return svg;
  }
  throw new Error('no figure ' + name);
};

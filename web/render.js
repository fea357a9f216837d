// What the program calls: figure by figure, a study's JSON into SVG.
import {echarts} from './echarts.js';
import {platformApi} from 'zrender/lib/core/platform.js';
import {FIGURES, figuresOf, heightOf} from './figures.js';
import {readStudy} from './read_study.js';

// Without a browser ECharts takes widths from a table of a narrower font than the figures'. It takes a
// line's height from the width of one character outside ASCII, which is right.
var tableWidth = platformApi.measureText;
platformApi.measureText = function (text, font) {
  var width = tableWidth(text, font).width;
  return {width: text.length > 1 || /^[ -~]*$/.test(text) ? 1.15 * width : width};
};

globalThis.figureNames = function (part, json) {
  return figuresOf(part, readStudy(json)).map(function (figure) { return figure.name; }).join(' ');
};

globalThis.figureSvg = function (name, json) {
  var study = readStudy(json);
  for (var i = 0; i < FIGURES.length; ++i) {
    var figure = FIGURES[i];
    if (figure.name !== name) continue;
    var chart = echarts.init(null, null,
                             {renderer: 'svg', ssr: true, width: figure.width,
                              height: heightOf(figure, study)});
    chart.setOption(figure.make(study));
    // Not every renderer knows dominant-baseline; this is the middle of the figures' font.
    var svg = chart.renderToSVGString().replace(/ dominant-baseline="central"/g, ' dy="0.346em"');
    chart.dispose();
    return svg;
  }
  throw new Error('no figure ' + name);
};

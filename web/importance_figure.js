// Which parameters of a search mattered.
import {countAxis, nameSpace, title} from './axes.js';
import {FONT, MUTED, TEXT, countText} from './style.js';
import {displayNames, tooltip} from './text.js';
import {percent} from './tune_trials.js';

var MOST_PARAMETERS = 30;

export function hasImportance(study) {
  return study.answer !== null && study.answer.importance.length >= 2;
}

// Falling; of hundreds the first.
function importanceRows(study) {
  return study.answer.importance.slice(0, MOST_PARAMETERS);
}

export function importance(study) {
  var rows = importanceRows(study);
  var raw = rows.map(function (row) { return row.parameter; });
  var names = raw.map(displayNames(raw, 32));
  return {
    animation: false, backgroundColor: '#fff', textStyle: {fontFamily: FONT},
    title: title('How much each parameter mattered',
                 'share of the variance of the trials’ ranks that it explains alone, less what chance ' +
                 'explains; what parameters do together is in no bar' +
                 (rows.length < study.answer.importance.length
                      ? '\nthe first ' + rows.length + ' of ' + countText(study.answer.importance.length) : '')),
    tooltip: tooltip('item', function (item) {
      var row = rows[item.dataIndex];
      return [row.parameter + ': ' + percent(row.share) + ' of the variance among ' + row.trials + ' trials'];
    }),
    grid: {left: nameSpace(names, 100), right: 140, top: 76, bottom: 62},
    xAxis: countAxis('share of the variance of the ranks', {max: 1, axisLabel: {
      fontSize: 12, color: TEXT, fontFamily: FONT,
      formatter: function (share) { return Math.round(100 * share) + ' %'; }}}),
    yAxis: {type: 'category', data: names, inverse: true, axisTick: {show: false},
            axisLine: {show: true, lineStyle: {color: MUTED}},
            axisLabel: {fontSize: 13, color: TEXT, fontFamily: FONT}},
    series: [{type: 'bar', barWidth: 18, itemStyle: {color: '#0072B2'},
              label: {show: true, position: 'right', fontSize: 12, color: TEXT, fontFamily: FONT,
                      formatter: function (item) {
                        var row = rows[item.dataIndex];
                        return Math.round(100 * row.share) + ' %  (' + row.trials + ' trials)';
                      }},
              data: rows.map(function (row) { return row.share; })}]
  };
}

export function moreImportance(study) {
  return 36 * importanceRows(study).length;
}

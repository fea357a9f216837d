// How the learning rate changes over a training, where it does.
import {subtitle, title} from './axes.js';
import {FONT, MUTED, TEXT, countText} from './style.js';
import {tooltip} from './text.js';

export function hasSchedule(study) {
  return study.study.schedule_curve !== undefined;
}

// "warm-up" and its numbers, with blanks where a line may break.
function words(schedule) {
  return schedule.replace(/\+/g, ' times ').replace(/:/g, ' ').replace(/,/g, ', ');
}

export function schedule(study) {
  var look = {color: '#0072B2'};
  return {
    animation: false, backgroundColor: '#fff', textStyle: {fontFamily: FONT},
    title: title('Learning rate over steps: ' + words(study.study.schedule), subtitle(study)),
    tooltip: tooltip('axis', function (items) {
      var value = items[0].value;
      return ['step ' + countText(value[0]) + ': ' + Number(value[1].toPrecision(4)) + ' of the rate'];
    }),
    grid: {left: 84, right: 40, top: 80, bottom: 62},
    xAxis: {type: 'value', name: 'training steps', nameLocation: 'middle', nameGap: 32,
            min: 0, max: study.study.budget,
            nameTextStyle: {fontSize: 13, color: TEXT, fontFamily: FONT},
            axisLabel: {fontSize: 12, color: TEXT, fontFamily: FONT, formatter: countText},
            axisLine: {show: true, lineStyle: {color: MUTED}}, splitLine: {lineStyle: {color: '#ececec'}}},
    yAxis: {type: 'value', name: "share of the config's learning rate", nameLocation: 'middle',
            nameGap: 52, min: 0, max: 1, nameTextStyle: {fontSize: 13, color: TEXT, fontFamily: FONT},
            axisLabel: {fontSize: 12, color: TEXT, fontFamily: FONT},
            axisLine: {show: true, lineStyle: {color: MUTED}}, splitLine: {lineStyle: {color: '#ececec'}}},
    series: [{type: 'line', showSymbol: false, lineStyle: {width: 2, color: look.color},
              itemStyle: look, data: study.study.schedule_curve}]
  };
}

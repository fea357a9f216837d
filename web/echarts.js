// The parts of ECharts that the figures use.
import {BarChart, LineChart, ScatterChart} from 'echarts/charts';
import {GraphicComponent, GridComponent, LegendComponent, MarkLineComponent, TitleComponent,
        TooltipComponent} from 'echarts/components';
import * as echarts from 'echarts/core';
import {SVGRenderer} from 'echarts/renderers';

echarts.use([BarChart, LineChart, ScatterChart, GraphicComponent, GridComponent, LegendComponent,
             MarkLineComponent, TitleComponent, TooltipComponent, SVGRenderer]);

export {echarts};

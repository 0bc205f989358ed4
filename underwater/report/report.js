(function () {
  "use strict";
  var page = JSON.parse(document.getElementById("figures").textContent);
  var start = page.start * 1000;
  var months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  var config = { responsive: true, displaylogo: false, showSendToCloud: false, showEditInChartStudio: false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "zoom2d", "pan2d", "zoomIn2d", "zoomOut2d"], displayModeBar: "hover" };
  function two(value) { return value < 10 ? "0" + value : "" + value; }
  function utc(hours) {
    var moment = new Date(start + Math.round(hours * 3600) * 1000);
    return moment.getUTCDate() + " " + months[moment.getUTCMonth()] + " " + two(moment.getUTCHours()) + ":" +
      two(moment.getUTCMinutes()) + ":" + two(moment.getUTCSeconds()) + " UTC (hour " + hours.toFixed(2) + ")";
  }
  function margin(octave, ratio) { return (100 * ratio * Math.pow(2, octave)).toPrecision(2) + " %"; }
  function prepare(trace) {
    var meta = trace.meta || {};
    if (meta.utc) { trace.customdata = trace.x.map(utc); }
    if (meta.counts) {
      trace.z = meta.counts.map(function (row) {
        return row.map(function (count) { return count > 0 ? Math.log10(count) : null; });
      });
      trace.text = meta.counts.map(function (row, bin) {
        var from = margin(trace.y[bin] - 0.0625, meta.ratio), to = margin(trace.y[bin] + 0.0625, meta.ratio);
        var band = bin === 0 ? "margin ratio below " + to + " or negative"
          : bin === meta.counts.length - 1 ? "margin ratio above " + from : "margin ratio " + from + " to " + to;
        return row.map(function (count, column) {
          return utc(trace.x[column]) + "<br>" + band + "<br>" + count + (count === 1 ? " account" : " accounts");
        });
      });
    }
    delete trace.meta;
    return trace;
  }
  function draw(figure) {
    var div = document.getElementById(figure.id);
    if (figure.drawn || !div || div.hidden) { return; }
    figure.drawn = true;
    Plotly.newPlot(div, figure.traces.map(prepare), figure.layout, config);
  }
  page.figures.forEach(draw);
  document.querySelectorAll(".tabs button").forEach(function (button) {
    button.addEventListener("click", function () {
      button.parentNode.querySelectorAll("button").forEach(function (other) {
        var chosen = other === button;
        other.setAttribute("aria-selected", chosen ? "true" : "false");
        document.getElementById(other.dataset.plot).hidden = !chosen;
      });
      page.figures.forEach(draw);
    });
  });
})();

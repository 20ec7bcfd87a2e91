// SPDX-License-Identifier: Apache-2.0
// Shows one benchmark at a time: its law surface, title, pictures and tables.
(function () {
  'use strict';
  const figures = JSON.parse(document.getElementById('surfaces').textContent);
  const panels = Array.from(document.querySelectorAll('.panel'));
  const select = document.getElementById('benchmark');
  const title = document.getElementById('surface-title');
  const surface = document.getElementById('surface');
  const settings = { responsive: true, displaylogo: false, modeBarButtonsToRemove: ['resetCameraLastSave3d'] };

  function layoutFor(figure) {
    const layout = structuredClone(figure.layout);
    if (surface.clientWidth < 600) {  // on a phone names would cover the surface
      layout.scene.xaxis.title.font.size = layout.scene.yaxis.title.font.size = layout.scene.zaxis.title.font.size = 10;
    }
    return layout;
  }

  function dataFor(figure) {
    const data = structuredClone(figure.data);
    if (surface.clientWidth < 600) {
      for (const trace of data) {
        if (trace.mode === 'markers+text') trace.mode = 'markers';
        if (trace.type === 'surface') trace.showscale = false;
      }
    }
    return data;
  }

  function show(index) {
    const figure = figures[index];
    select.value = String(index);
    title.textContent = panels[index].dataset.title;
    panels.forEach((panel, i) => panel.classList.toggle('current', i === index));
    Plotly.react(surface, dataFor(figure), layoutFor(figure), settings);
  }

  function step(by) {
    show((Number(select.value) + by + figures.length) % figures.length);
  }

  document.documentElement.classList.add('scripted');
  select.addEventListener('change', () => show(Number(select.value)));
  document.getElementById('previous').addEventListener('click', () => step(-1));
  document.getElementById('next').addEventListener('click', () => step(1));
  if (figures.length < 2) document.getElementById('switch').hidden = true;
  show(Number(select.value) || 0);
})();

// SPDX-License-Identifier: Apache-2.0
// Shows one benchmark at a time: its law surface, title, pictures and tables.
(function () {
  'use strict';
  const figures = JSON.parse(document.getElementById('surfaces').textContent);
  const panels = Array.from(document.querySelectorAll('.panel'));
  const select = document.getElementById('benchmark');
  const title = document.getElementById('surface-title');
  const surface = document.getElementById('surface');
  const names = document.getElementById('names');
  // The buttons are listed because the standard set has one that sends the chart to a server.
  const settings = {
    responsive: true, displaylogo: false,
    modeBarButtons: [['toImage'], ['zoom3d', 'pan3d', 'orbitRotation', 'tableRotation'], ['resetCameraDefault3d']],
  };
  const isNarrow = () => surface.clientWidth < 600;

  function layoutFor(figure) {
    const layout = structuredClone(figure.layout);
    const scene = layout.scene;
    if (isNarrow()) {
      scene.xaxis.title.text = 'A';
      scene.yaxis.title.text = 'C (%)';
      scene.zaxis.title.text = 'Score';
      for (const side of ['x', 'y', 'z']) scene.camera.eye[side] *= 1.25;
    }
    if (!names.checked) scene.annotations = [];
    return layout;
  }

  function dataFor(figure) {
    const data = structuredClone(figure.data);
    for (const trace of data) {
      if (isNarrow() && trace.type === 'surface') trace.showscale = false;
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
  names.checked = !isNarrow();
  names.addEventListener('change', () => show(Number(select.value)));
  document.getElementById('previous').addEventListener('click', () => step(-1));
  document.getElementById('next').addEventListener('click', () => step(1));
  for (const id of ['benchmark', 'previous', 'next']) document.getElementById(id).disabled = figures.length < 2;
  show(Number(select.value) || 0);
})();

// The slice viewer: NiiVue where there is WebGL2, else axial slices on a plain canvas.
// Both show the same layers, radiological convention: the patient's left is on the right.
(() => {
  "use strict";
  const root = document.getElementById("viewer");
  if (!root) return;
  const data = JSON.parse(document.getElementById("viewer-data").textContent);
  const find = (name) => document.querySelector(`[data-role="${name}"]`);
  const state = { session: 0, image: 0, low: 0, high: 255, opacity: 0.6, view: "all", shown: new Set() };
  let screen = null;

  const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const session = () => data.sessions[state.session];
  const markOn = (name) => { document.documentElement.dataset.viewer = name; };

  // --- NiiVue ---------------------------------------------------------------------------------
  function labelColours(layer) {
    const lut = { R: [0], G: [0], B: [0], A: [0], I: [0], labels: [""] };
    layer.colours.forEach((colour, index) => {
      const [r, g, b] = channels(colour);
      lut.R.push(r); lut.G.push(g); lut.B.push(b); lut.A.push(255);
      lut.I.push(index + 1); lut.labels.push(layer.names[index]);
    });
    return lut;
  }

  class NiivueScreen {
    async open(canvas) {
      this.nv = new niivue.Niivue({
        backColor: [0, 0, 0, 1], crosshairColor: [0.42, 0.7, 0.96, 0.8], crosshairWidth: 1,
        crosshairGap: 8, fontColor: [0.9, 0.92, 0.95, 1], isRadiologicalConvention: true,
        sagittalNoseLeft: true, showAllOrientationMarkers: true, multiplanarShowRender: 0,
        multiplanarLayout: canvas.clientWidth > 700 ? 3 : 0, multiplanarPadPixels: 24, tileMargin: 0, dragMode: 9, dragAndDropEnabled: false,
        isColorbar: false, loadingText: "", clipPlaneHotKey: "", viewModeHotKey: "",
        logLevel: "error",
      });
      this.nv.onLocationChange = (place) => showPlace(place.mm, place.values.map((v) => v.value));
      this.nv.onIntensityChange = (volume) => takeWindow(volume.cal_min, volume.cal_max);
      await this.nv.attachToCanvas(canvas);
    }

    async load(content) {
      for (const volume of [...this.nv.volumes]) this.nv.removeVolume(volume);
      const read = (layer) => niivue.NVImage.loadFromBase64({
        base64: layer.data, name: `${layer.name}.nii.gz`, colormap: "gray",
        cal_min: 0, cal_max: layer.kind === "image" ? 255 : 1,
      });
      this.images = await Promise.all(content.images.map(read));
      this.overlays = await Promise.all(content.overlays.map(read));
      this.overlays.forEach((volume, index) => {
        volume.setColormapLabel(labelColours(content.overlays[index]));
      });
      this.show();
      this.goTo(content.start);
    }

    show() {
      const wanted = [this.images[state.image], ...this.overlays.filter((_, i) => state.shown.has(i))];
      for (const volume of [...this.nv.volumes].reverse()) {
        if (!wanted.includes(volume)) this.nv.removeVolume(volume);
      }
      wanted.forEach((volume, index) => {
        if (!this.nv.volumes.includes(volume)) this.nv.addVolume(volume);
        this.nv.setVolume(volume, index);
      });
      wanted[0].opacity = 1;
      this.applyOpacity();
      this.setView();
      this.nv.createOnLocationChange();
    }

    applyOpacity() {
      for (const volume of this.overlays) volume.opacity = state.opacity;
      this.applyWindow();
    }

    applyWindow() {
      const image = this.images[state.image];
      image.cal_min = state.low;
      image.cal_max = Math.max(state.high, state.low + 1);
      this.nv.updateGLVolume();
    }

    setView() {
      this.nv.setSliceType({ axial: 0, coronal: 1, sagittal: 2, all: 3 }[state.view]);
    }

    axis() { return { axial: 2, coronal: 1, sagittal: 0, all: 2 }[state.view]; }
    slices() { return this.images[state.image].dimsRAS[this.axis() + 1]; }
    slice() {
      return Math.min(this.slices() - 1,
        Math.floor(this.nv.scene.crosshairPos[this.axis()] * this.slices()));
    }
    setSlice(index) {
      const place = [...this.nv.scene.crosshairPos];
      place[this.axis()] = (index + 0.5) / this.slices();
      this.nv.scene.crosshairPos = place;
      this.nv.drawScene();
      this.nv.createOnLocationChange();
    }
    goTo(mm) {
      this.nv.scene.crosshairPos = this.nv.mm2frac(mm);
      this.nv.drawScene();
      this.nv.createOnLocationChange();
    }
  }

  // --- Plain canvas ---------------------------------------------------------------------------
  async function readNifti(base64) {
    const stream = new Blob([bytes(base64)]).stream().pipeThrough(new DecompressionStream("gzip"));
    const buffer = await new Response(stream).arrayBuffer();
    const header = new DataView(buffer);
    const size = [42, 44, 46].map((at) => header.getInt16(at, true));
    const spacing = [80, 84, 88].map((at) => header.getFloat32(at, true));
    const rows = [280, 296, 312].map((at) => [0, 4, 8, 12].map((o) => header.getFloat32(at + o, true)));
    const Type = header.getInt16(70, true) === 4 ? Int16Array : Uint8Array;
    return { size, spacing, rows, values: new Type(buffer.slice(352)) };
  }

  function solve(rows, mm) {
    const [a, b, c] = rows;
    const det = (p, q, r) => p[0] * (q[1] * r[2] - q[2] * r[1]) - p[1] * (q[0] * r[2] - q[2] * r[0])
      + p[2] * (q[0] * r[1] - q[1] * r[0]);
    const right = [mm[0] - a[3], mm[1] - b[3], mm[2] - c[3]];
    const whole = det(a, b, c);
    return [0, 1, 2].map((axis) => {
      const [x, y, z] = [a, b, c].map((row, i) => row.slice(0, 3).map((v, j) => (j === axis ? right[i] : v)));
      return det(x, y, z) / whole;
    });
  }

  class CanvasScreen {
    async open(canvas) {
      this.canvas = canvas;
      this.place = [0, 0, 0];
      canvas.addEventListener("wheel", (event) => {
        event.preventDefault();
        this.setSlice(this.slice() + Math.sign(event.deltaY) * -1);
        syncSlice();
      }, { passive: false });
      new ResizeObserver(() => this.draw()).observe(canvas);
    }

    async load(content) {
      this.images = await Promise.all(content.images.map((layer) => readNifti(layer.data)));
      this.overlays = await Promise.all(content.overlays.map((layer) => readNifti(layer.data)));
      this.goTo(content.start);
    }

    show() {
      this.draw();
      this.report();
    }
    applyOpacity() { this.draw(); }
    applyWindow() { this.draw(); }
    setView() { this.draw(); }
    slices() { return this.images[0].size[2]; }
    slice() { return this.place[2]; }
    setSlice(index) {
      this.place[2] = Math.max(0, Math.min(this.slices() - 1, index));
      this.draw();
      this.report();
    }
    goTo(mm) {
      const image = this.images[0];
      this.place = solve(image.rows, mm).map((v, i) => Math.max(0, Math.min(image.size[i] - 1, Math.round(v))));
      this.draw();
      this.report();
    }
    report() {
      const [i, j, k] = this.place;
      const image = this.images[0];
      const at = i + image.size[0] * (j + image.size[1] * k);
      const mm = image.rows.map((row) => row[0] * i + row[1] * j + row[2] * k + row[3]);
      const shown = this.overlays.filter((_, index) => state.shown.has(index));
      showPlace(mm, [this.images[state.image].values[at], ...shown.map((o) => o.values[at])]);
    }

    draw() {
      if (!this.images) return;
      const { size, spacing, values } = this.images[state.image];
      const [width, height] = size;
      const pixels = new ImageData(width, height);
      const from = this.place[2] * width * height;
      const span = Math.max(1, state.high - state.low);
      const paints = this.overlays.map((overlay, index) => (state.shown.has(index) ? {
        values: overlay.values,
        colours: session().overlays[index].colours.map(channels),
        alpha: state.opacity,
      } : null)).filter(Boolean);
      for (let row = 0; row < height; row += 1) {
        for (let column = 0; column < width; column += 1) {
          const at = from + (height - 1 - row) * width + (width - 1 - column);
          const grey = 255 * Math.min(1, Math.max(0, (values[at] - state.low) / span));
          const colour = [grey, grey, grey];
          for (const paint of paints) {
            const ink = paint.colours[paint.values[at] - 1];
            if (ink) ink.forEach((v, c) => { colour[c] += paint.alpha * (v - colour[c]); });
          }
          pixels.data.set([...colour, 255], 4 * (row * width + column));
        }
      }
      this.paint(pixels, width * spacing[0], height * spacing[1]);
    }

    paint(pixels, width, height) {
      const ratio = window.devicePixelRatio || 1;
      const [across, down] = [this.canvas.clientWidth * ratio, this.canvas.clientHeight * ratio];
      this.canvas.width = across;
      this.canvas.height = down;
      const sheet = document.createElement("canvas");
      [sheet.width, sheet.height] = [pixels.width, pixels.height];
      sheet.getContext("2d").putImageData(pixels, 0, 0);
      const pen = this.canvas.getContext("2d");
      const zoom = 0.94 * Math.min(across / width, down / height);
      const [left, top] = [(across - zoom * width) / 2, (down - zoom * height) / 2];
      pen.imageSmoothingQuality = "high";
      pen.drawImage(sheet, left, top, zoom * width, zoom * height);
      pen.fillStyle = "#e6eaef";
      pen.font = `${14 * ratio}px sans-serif`;
      pen.textBaseline = "middle";
      pen.fillText("R", Math.max(4, left - 20 * ratio), down / 2);
      pen.fillText("L", Math.min(across - 16 * ratio, left + zoom * width + 8 * ratio), down / 2);
    }
  }

  // --- Controls -------------------------------------------------------------------------------
  function showPlace(mm, values) {
    const shown = session().overlays.filter((_, index) => state.shown.has(index));
    const said = shown.map((layer, index) => layer.names[Math.round(values[index + 1]) - 1]);
    const [x, y, z] = [...mm].slice(0, 3).map((v) => Math.round(v));
    const where = [`${Math.abs(x)} mm ${x < 0 ? "left" : "right"}`,
      `${Math.abs(y)} mm ${y < 0 ? "posterior" : "anterior"}`,
      `${Math.abs(z)} mm ${z < 0 ? "inferior" : "superior"}`].join(", ");
    find("readout").textContent = [where, ...said.filter(Boolean)].join(" \u00b7 ");
    syncSlice();
  }

  function syncSlice() {
    if (!screen || !screen.images) return;
    const slider = find("slice");
    slider.max = String(screen.slices() - 1);
    slider.value = String(screen.slice());
  }

  function takeWindow(low, high) {
    [state.low, state.high] = [low, high];
    find("level").value = String((low + high) / 2);
    find("window").value = String(high - low);
  }

  function readWindow() {
    const [level, width] = [Number(find("level").value), Number(find("window").value)];
    [state.low, state.high] = [level - width / 2, level + width / 2];
    screen.applyWindow();
  }

  function choice(type, name, text, checked, react, colour) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type, name, checked });
    input.addEventListener("change", react);
    label.append(input);
    if (colour) {
      const chip = document.createElement("span");
      chip.className = "chip";
      chip.style.background = colour;
      label.append(chip);
    }
    label.append(text);
    return label;
  }

  function fillControls() {
    const images = find("images");
    const overlays = find("overlays");
    images.querySelectorAll("label").forEach((label) => label.remove());
    overlays.querySelectorAll("label").forEach((label) => label.remove());
    session().images.forEach((layer, index) => {
      images.append(choice("radio", "image", layer.name, index === state.image, () => {
        state.image = index;
        screen.show();
      }));
    });
    session().overlays.forEach((layer, index) => {
      const colour = layer.kind === "mask" ? layer.colours[0] : null;
      overlays.append(choice("checkbox", layer.name, layer.name, state.shown.has(index), (event) => {
        if (event.target.checked) state.shown.add(index); else state.shown.delete(index);
        screen.show();
      }, colour));
    });
    overlays.hidden = session().overlays.length === 0;
  }

  async function openSession(index) {
    state.session = index;
    state.image = 0;
    state.shown = new Set(session().overlays.flatMap((layer, i) => (layer.kind === "mask" ? [i] : [])));
    fillControls();
    takeWindow(0, 255);
    await screen.load(session());
  }

  function connect() {
    const sessions = find("sessions");
    data.sessions.forEach((entry, index) => sessions.append(new Option(entry.label, String(index))));
    sessions.closest("label").hidden = data.sessions.length < 2;
    sessions.addEventListener("change", () => openSession(Number(sessions.value)));
    find("view").addEventListener("change", (event) => {
      state.view = event.target.value;
      find("stage").dataset.view = state.view;
      screen.setView();
      syncSlice();
    });
    find("opacity").addEventListener("input", (event) => {
      state.opacity = Number(event.target.value);
      screen.applyOpacity();
    });
    find("level").addEventListener("input", readWindow);
    find("window").addEventListener("input", readWindow);
    find("reset").addEventListener("click", () => { takeWindow(0, 255); screen.applyWindow(); });
    find("slice").addEventListener("input", (event) => screen.setSlice(Number(event.target.value)));
    for (const row of document.querySelectorAll("tr[data-mm]")) {
      row.classList.add("go");
      row.title = "Show this lesion in the viewer";
      row.addEventListener("click", async () => {
        const wanted = Number(row.dataset.session);
        if (wanted !== state.session) {
          sessions.value = String(wanted);
          await openSession(wanted);
        }
        screen.goTo(row.dataset.mm.split(" ").map(Number));
        document.getElementById("viewer-section").scrollIntoView();
      });
    }
  }

  function hasWebgl2() {
    try {
      return Boolean(document.createElement("canvas").getContext("webgl2"));
    } catch {
      return false;
    }
  }

  function giveUp(error) {
    console.error("viewer:", error);
    find("stage").hidden = true;
    find("message").hidden = false;
    markOn("none");
  }

  async function start(full) {
    screen = full ? new NiivueScreen() : new CanvasScreen();
    find("view").closest("label").hidden = !full;
    find("plain").hidden = full;
    if (!full) find("stage").dataset.view = "axial";
    await screen.open(find("canvas"));
    await openSession(0);
    connect();
    markOn(full ? "niivue" : "canvas");
  }

  // A canvas that was given to WebGL cannot be drawn on: a fresh one takes its place.
  function startPlain(error) {
    console.warn("viewer: NiiVue did not start,", error);
    const canvas = find("canvas");
    canvas.replaceWith(canvas.cloneNode());
    return start(false);
  }

  const full = typeof niivue !== "undefined" && hasWebgl2();
  start(full).catch((error) => (full ? startPlain(error) : Promise.reject(error))).catch(giveUp);
})();

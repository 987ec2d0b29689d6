/**
 * The style sheet of the reports, for telephones, laptops and print, light and dark.
 *
 * A box with a wide table has a shadow at each edge behind which there is more: the shadows stay where they are, and
 * the covers of the shadows scroll with the table.
 *
 * The colours of the series are those of Okabe and Ito, which the colour-blind can distinguish; in dark mode, blue and sky
 * blue are swapped. No rule refers to another file.
 */
export const STYLE = `
:root {
  color-scheme: light;
  --paper: #fdfcf9; --ink: #1d1c1a; --faint: #605b53; --rule: #ddd8cd; --box: #f5f2eb; --edge: rgb(0 0 0 / .3);
  --s1: #0072b2; --s2: #d55e00; --s3: #009e73; --s4: #cc79a7; --s5: #56b4e9; --s6: #e69f00; --s7: #1d1c1a;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --paper: #17181b; --ink: #e8e4dc; --faint: #aaa59b; --rule: #393a3e; --box: #1f2024; --edge: rgb(255 255 255 / .32);
    --s1: #56b4e9; --s2: #e8772e; --s3: #1fb48a; --s4: #d58fb5; --s5: #3d8fc7; --s6: #e69f00; --s7: #e8e4dc;
  }
}
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 3.5rem 1.25rem 5rem; max-width: 60rem;
  font: 1.0625rem/1.6 "Iowan Old Style", "Palatino Linotype", Palatino, "URW Palladio L", Charter, Georgia, serif;
  overflow-wrap: anywhere;
}
p, ul, h1, h2 { max-width: 40rem; }
h1 { font-size: clamp(1.7rem, 5vw, 2.4rem); line-height: 1.2; font-weight: 500; margin: .4rem 0 1rem; }
h2 { font-size: 1.35rem; line-height: 1.3; font-weight: 500; margin: 0 0 .75rem; break-after: avoid; }
p { margin: 0 0 1rem; }
section { margin-top: 3.25rem; padding-top: 1.5rem; border-top: 1px solid var(--rule); }
figure { margin: 0; break-inside: avoid; }
figcaption, caption, .legend, .note, .scale, .state, table, dl { font-family: system-ui, sans-serif; }
figcaption, caption, .note, .scale { font-size: .875rem; line-height: 1.5; color: var(--faint); }
.note { border-left: 3px solid var(--rule); padding-left: .8rem; }
code, pre { font: .875rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
pre {
  margin: 0 0 1rem; padding: .8rem 1rem; background: var(--box); border: 1px solid var(--rule); border-radius: 4px;
  white-space: pre-wrap; overflow-wrap: anywhere;
}
.state { margin: 0; font-size: .9375rem; max-width: none; }
.state strong { font-weight: 650; }
.state::before { content: "\\25CF\\00A0"; color: var(--s3); }
.state.diverged::before { content: "\\25B2\\00A0"; color: var(--s2); }
.state.interrupted::before, .state.running::before { content: "\\25D0\\00A0"; color: var(--s6); }

dl.facts {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: 1.25rem 1.5rem; margin: 1.75rem 0 0;
}
.facts dt { font-size: .8125rem; color: var(--faint); }
.facts dd { margin: 0; font-size: 1.5rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.facts dd small { display: block; font-size: .8125rem; color: var(--faint); }

.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 19rem), 1fr)); gap: 2rem; }
.chart { display: block; width: 100%; max-width: 34rem; height: auto; font-family: system-ui, sans-serif; }
.chart text { white-space: pre; }
.legend {
  display: flex; flex-wrap: wrap; gap: .15rem 1.25rem; list-style: none; margin: 0 0 .5rem; padding: 0;
  font-size: .875rem; max-width: none;
}
.legend li { display: flex; align-items: center; gap: .45rem; }
.legend svg { flex: none; width: 34px; height: 12px; }
.chart + figcaption { margin-top: .35rem; }

.scroll {
  overflow: auto; max-height: 34rem; margin: 0 0 1rem; scrollbar-width: thin;
  background:
    linear-gradient(to right, var(--paper) 35%, transparent) 0 0 / 3rem 100% no-repeat local,
    linear-gradient(to left, var(--paper) 35%, transparent) 100% 0 / 3rem 100% no-repeat local,
    linear-gradient(to right, var(--edge), transparent) 0 0 / 1rem 100% no-repeat scroll,
    linear-gradient(to left, var(--edge), transparent) 100% 0 / 1rem 100% no-repeat scroll;
}
figure + .scroll, .charts + .scroll { margin-top: 2rem; }
.scroll:focus-visible { outline: 2px solid var(--s1); outline-offset: 3px; }
table { border-collapse: collapse; font-size: .875rem; line-height: 1.4; font-variant-numeric: tabular-nums; }
caption { text-align: left; padding: 0 0 .5rem; max-width: min(40rem, 100vw - 2.5rem); }
th, td { padding: .3rem .9rem .3rem 0; text-align: right; vertical-align: baseline; font-weight: 400; }
td { white-space: nowrap; }
th { color: var(--faint); }
tbody th { color: var(--ink); }
thead th { border-bottom: 1px solid var(--rule); vertical-align: bottom; }
tbody tr + tr > * { border-top: 1px solid color-mix(in srgb, var(--rule) 55%, transparent); }
th:first-child, .text { text-align: left; }
td.text { min-width: 5rem; white-space: normal; }
th { overflow-wrap: break-word; }
tbody th.text { min-width: 8rem; }
tr.best > * { font-weight: 650; }

.confusion td, .confusion th { text-align: center; padding: .25rem .2rem; min-width: 2.05rem; border: 0; }
.confusion td { border: 1px solid var(--paper); }
.confusion .zero { color: var(--faint); }
.confusion .right { background: color-mix(in srgb, var(--s1) 26%, var(--paper)); }
.confusion .w1 { background: color-mix(in srgb, var(--s6) 10%, var(--paper)); }
.confusion .w2 { background: color-mix(in srgb, var(--s6) 20%, var(--paper)); }
.confusion .w3 { background: color-mix(in srgb, var(--s6) 32%, var(--paper)); }
.confusion .w4 { background: color-mix(in srgb, var(--s6) 44%, var(--paper)); }

.pictures {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(5.25rem, 1fr)); gap: 1.1rem .9rem;
  list-style: none; margin: 1rem 0; padding: 0; max-width: none;
}
.pictures img { display: block; width: 100%; height: auto; border: 1px solid var(--rule); }
.pictures figcaption { font-size: .75rem; line-height: 1.35; margin-top: .25rem; }
.pictures strong { color: var(--ink); font-weight: 600; }
img { image-rendering: pixelated; }
td .ink { display: block; border: 1px solid var(--rule); }
.scale { display: flex; align-items: center; gap: .6rem; }
.scale { white-space: nowrap; }
.scale img { flex: 0 1 12rem; min-width: 0; height: .8rem; border: 1px solid var(--rule); }
@media screen and (prefers-color-scheme: dark) { img.ink { filter: invert(1); border-color: #c6c5c1; } }
.columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem 3rem; }

@media (max-width: 30rem) {
  body { padding: 1.5rem 1rem 3rem; font-size: 1rem; }
  dl.facts { grid-template-columns: 1fr 1fr; gap: 1rem; }
  .confusion td, .confusion th { min-width: 1.4rem; padding: .25rem .03rem; font-size: .6875rem; }
}
@media print {
  @page { margin: 18mm 16mm; }
  html { background: none; --paper: #fff; }
  body { padding: 0; max-width: none; font-size: 10.5pt; }
  section { margin-top: 1.75rem; padding-top: 1rem; }
  .scroll { overflow: visible; max-height: none; background: none; }
  .charts, .columns { grid-template-columns: 1fr 1fr; gap: 1.5rem; }
  table { font-size: 8.5pt; }
  .pictures { grid-template-columns: repeat(auto-fill, minmax(4.25rem, 1fr)); }
  .pictures figcaption { font-size: 6.5pt; }
  .confusion { break-inside: avoid; }
  tr, li { break-inside: avoid; }
  .confusion, .confusion td { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`

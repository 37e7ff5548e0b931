/** The page's style sheet. Colours come from variables, light unless the reader's system is dark; every pair has contrast of AA. */
export const style = `
:root {
	color-scheme: light dark;
	--page: #f6f7f9; --card: #ffffff; --line: #d9dde3; --text: #1b2330; --quiet: #596475;
	--good: #0a6b3d; --good-back: #dff5e8; --warn: #7a5200; --warn-back: #fdf0cf; --bad: #a3161f; --bad-back: #fde3e4;
	--accent: #4338ca;
}
@media (prefers-color-scheme: dark) {
	:root {
		--page: #11151b; --card: #1a2029; --line: #313a47; --text: #e8ecf2; --quiet: #a3aebd;
		--good: #7fe0ac; --good-back: #11382a; --warn: #f3cd72; --warn-back: #3d3112; --bad: #ff9ea3; --bad-back: #47191d;
		--accent: #a5a0ff;
	}
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
header, main, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: .25rem 1rem; padding-top: 1.75rem; }
h1 { font-size: 1.5rem; margin: 0; letter-spacing: -.02em; }
h1 span { color: var(--accent); }
header p { margin: 0; color: var(--quiet); }
#live { margin-left: auto; }
section { background: var(--card); border: 1px solid var(--line); border-radius: .75rem; margin: 1.25rem 0; padding: 1rem 1.25rem; }
h2 { font-size: 1.05rem; margin: 0 0 .5rem; }
h2 small { color: var(--quiet); font-weight: 400; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-weight: 600; color: var(--quiet); font-size: .8rem; }
th, td { padding: .45rem .75rem .45rem 0; border-top: 1px solid var(--line); vertical-align: top; }
thead th { border-top: 0; }
td.number { font-variant-numeric: tabular-nums; }
details > summary { cursor: pointer; font-weight: 600; }
details ul { list-style: none; margin: .5rem 0 .25rem; padding: 0 0 0 1rem; border-left: 2px solid var(--line); }
details li { margin: .35rem 0; overflow-wrap: anywhere; }
.quiet { color: var(--quiet); }
.badge { display: inline-block; border-radius: 1rem; padding: .05rem .6rem; font-size: .8rem; font-weight: 600; white-space: nowrap; margin: 0 .35rem .2rem 0; }
.passing { color: var(--good); background: var(--good-back); }
.warning { color: var(--warn); background: var(--warn-back); }
.critical { color: var(--bad); background: var(--bad-back); }
.tag { display: inline-block; border: 1px solid var(--line); border-radius: .35rem; padding: 0 .4rem; font-size: .8rem; margin: 0 .3rem .2rem 0; overflow-wrap: anywhere; }
code, pre { font: .85rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
pre { margin: .5rem 0 0; padding: .75rem 1rem; background: var(--page); border: 1px solid var(--line); border-radius: .5rem; overflow: auto; max-height: 26rem; }
ol.events { margin: .5rem 0 0; padding: 0; list-style: none; max-height: 16rem; overflow: auto; }
ol.events time { color: var(--quiet); font-variant-numeric: tabular-nums; margin-right: .75rem; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .25rem; }
footer { color: var(--quiet); padding-bottom: 2rem; font-size: .85rem; }
`;

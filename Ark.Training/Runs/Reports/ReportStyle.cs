namespace Ark.Training;

/// <summary>
/// The style of a report: readable in light and dark, on a phone and on paper; lines differ by colour (Okabe and Ito's, told apart by
/// colour-blind readers) and by dashes.
/// </summary>
internal static class ReportStyle
{
    public const string Css = """
        :root{color-scheme:light dark;--bg:#fff;--fg:#1c2126;--dim:#5a6570;--rule:#dfe3e8;--card:#f8f9fb;--c0:#0072b2;--c1:#d55e00;
        --c2:#00845f;--c3:#a2568a;--c4:#946c00;--c5:#2b7fa8;--c6:#6b5b95;--c7:#4d4d4d}
        @media (prefers-color-scheme:dark){:root{--bg:#14181c;--fg:#e4e8ec;--dim:#9ba6b1;--rule:#313a43;--card:#1b2127;--c0:#56b4e9;
        --c1:#ff9d57;--c2:#2fc9a0;--c3:#e79cc8;--c4:#f0c94a;--c5:#8fd3f4;--c6:#b7a8e0;--c7:#c8ccd0}}
        body{font:15px/1.5 system-ui,sans-serif;max-width:1040px;margin:2em auto;padding:0 1.2em;color:var(--fg);background:var(--bg)}
        h1{font-size:1.5em;margin-bottom:.2em}h2{font-size:1.15em;margin-top:2em}p,figcaption{color:var(--dim)}
        .scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}
        caption{text-align:left;color:var(--dim);padding:.3em 0}
        td,th{border-bottom:1px solid var(--rule);padding:.3em .9em;text-align:right;font-weight:normal}th{color:var(--dim)}
        tr>:first-child{text-align:left}tbody th{color:var(--fg)}td.best{font-weight:600}
        .charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(330px,1fr));gap:1.2em}
        figure{margin:0;padding:.8em;background:var(--card);border:1px solid var(--rule);border-radius:6px}
        figure>svg{width:100%;height:auto}.grid line{stroke:var(--rule)}.ticks text{font-size:11px;fill:var(--dim)}
        .line{fill:none;stroke-width:1.8;stroke-linejoin:round}.dot{stroke:none}
        .legend{list-style:none;display:flex;flex-wrap:wrap;gap:.1em 1.1em;margin:.4em 0 0;padding:0;font-size:.87em}
        .legend svg{width:26px;height:8px;margin-right:.4em}
        .line.s0{stroke:var(--c0)}.line.s1{stroke:var(--c1);stroke-dasharray:7 3}.line.s2{stroke:var(--c2);stroke-dasharray:2 2}
        .line.s3{stroke:var(--c3);stroke-dasharray:9 3 2 3}
        .line.s4{stroke:var(--c4);stroke-dasharray:4 2}.line.s5{stroke:var(--c5);stroke-dasharray:12 4}
        .line.s6{stroke:var(--c6);stroke-dasharray:1 3}.line.s7{stroke:var(--c7);stroke-dasharray:6 2 1 2}
        .dot.s0{fill:var(--c0)}.dot.s1{fill:var(--c1)}.dot.s2{fill:var(--c2)}.dot.s3{fill:var(--c3)}.dot.s4{fill:var(--c4)}
        .dot.s5{fill:var(--c5)}.dot.s6{fill:var(--c6)}.dot.s7{fill:var(--c7)}
        @media print{body{max-width:none}figure{break-inside:avoid}}
        """;
}

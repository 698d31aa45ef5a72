#include "evaluation/report_parts.h"

namespace ganglion {
namespace {

constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#16202c;--soft:#5b6877;
--line:#dde2e8;
--grid:#e9edf1;--s1:#1f6feb;--s2:#c2570c;--s3:#0b8457;--s4:#8a94a0;--warn:#8a3b00;
--warnbg:#fff4e6;
--good:#0b7a4b;--goodbg:#e5f6ee;--bad:#b3261e;--badbg:#fdeceb;--heat:31,111,235}
@media(prefers-color-scheme:dark){:root{--page:#0e1319;--card:#161d26;--ink:#e7ecf2;
--soft:#9aa7b5;
--line:#2a3441;--grid:#222b36;--s1:#6ea8ff;--s2:#f0a060;--s3:#4fcf9a;--s4:#8792a0;
--warn:#ffc48a;
--warnbg:#33230f;--good:#62d6a2;--goodbg:#10291f;--bad:#ff9a92;--badbg:#331a19;
--heat:110,168,255}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",
Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1120px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:26px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:18px;margin:36px 0 12px}
h3{font-size:15px;margin:0 0 2px}
p{margin:0}
.soft,.lead{color:var(--soft)}
.lead{font-size:13.5px;margin-bottom:10px}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 18px}
.grid{display:grid;gap:14px;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr))}
.stack{display:grid;gap:14px;align-content:start}
.tiles{display:grid;gap:14px;grid-template-columns:repeat(auto-fit,minmax(190px,1fr));
margin-top:20px}
.tile b{display:block;font-size:28px;line-height:1.15;letter-spacing:-.02em;
font-variant-numeric:tabular-nums}
.tile span{display:block;font-size:13px;color:var(--soft)}
.tile i{display:block;font-style:normal;font-size:13px;margin-top:6px}
.box{border-radius:10px;padding:12px 16px;margin-top:16px}
.box.warn{background:var(--warnbg);color:var(--warn)}
.box.good{background:var(--goodbg);color:var(--good)}
.box p+p{margin-top:6px}
.chart{width:100%;height:auto;display:block}
.chart .grid{stroke:var(--grid);stroke-width:1}
.chart .base{stroke:var(--soft);stroke-width:1}
.chart .rule{stroke:var(--soft);stroke-width:1.2;stroke-dasharray:4 4}
.chart .line{fill:none;stroke-width:2.2;stroke-linejoin:round}
.chart .dashed{stroke-dasharray:5 5;stroke-width:1.5}
.chart .bar{fill:var(--s1)}
.chart text{font:12px system-ui,sans-serif;fill:var(--soft)}
.chart .note{fill:var(--ink)}
.line.s1{stroke:var(--s1)}.line.s2{stroke:var(--s2)}.line.s3{stroke:var(--s3)}
.line.s4{stroke:var(--s4)}
.dot.s1{fill:var(--s1)}.dot.s2{fill:var(--s2)}.dot.s3{fill:var(--s3)}.dot.s4{fill:var(--s4)}
.dot{stroke:var(--card);stroke-width:1.5}
table{border-collapse:collapse;width:100%;font-size:13.5px;font-variant-numeric:tabular-nums}
th{text-align:left;font-weight:600;color:var(--soft);white-space:nowrap}
th,td{padding:5px 10px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right}
.bars{display:grid;grid-template-columns:max-content 1fr max-content;gap:8px 12px;
align-items:center;
font-size:13.5px}
.bars div.track{background:var(--grid);border-radius:4px;height:16px}
.bars div.track i{display:block;height:16px;border-radius:4px;background:var(--s1);
min-width:2px}
.bars div.track i.s2{background:var(--s2)}.bars div.track i.s3{background:var(--s3)}
.bars div.track i.s4{background:var(--s4)}
.bars .v{text-align:right;font-variant-numeric:tabular-nums}
.scroll{overflow-x:auto}
.confusion{width:auto;font-size:12.5px}
.confusion th,.confusion td{border:0;padding:3px 6px}
.confusion td{min-width:34px;height:28px;text-align:center;border-radius:4px;
vertical-align:middle}
.confusion th.top{writing-mode:vertical-rl;transform:rotate(180deg);padding:6px 3px;
vertical-align:bottom}
.confusion th.side{text-align:right;vertical-align:middle}
details{border-bottom:1px solid var(--line)}
details.card{border:1px solid var(--line)}
details>summary{cursor:pointer;list-style-position:outside}
.ticket>summary{display:grid;grid-template-columns:76px 74px 150px 62px 1fr;gap:12px;
padding:8px 4px;
align-items:baseline;font-size:13.5px}
.ticket>summary:hover{background:var(--grid)}
.ticket>summary::-webkit-details-marker{display:none}
.ticket .gist{overflow:hidden;white-space:nowrap;text-overflow:ellipsis;color:var(--soft)}
.ticket .inside{padding:4px 4px 16px;display:grid;gap:12px 28px;
grid-template-columns:minmax(0,3fr) minmax(0,2fr)}
.ticket pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.5 ui-monospace,
SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;background:var(--page);
padding:10px 12px;
border-radius:8px}
.ticket pre+h4,.ticket dl+h4{margin-top:12px}
h4{margin:0 0 4px;font-size:13px;color:var(--soft);font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 14px;margin:0;font-size:13.5px}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.tag{display:inline-block;border-radius:20px;padding:0 9px;font-size:12px;line-height:20px}
.tag.reflex{background:var(--goodbg);color:var(--good)}
.tag.remote,.tag.person{background:var(--warnbg);color:var(--warn)}
.tag.wrong{background:var(--badbg);color:var(--bad)}
.num{font-variant-numeric:tabular-nums;text-align:right}
.filters{display:flex;gap:8px;flex-wrap:wrap;margin-bottom:10px}
input[name=show]{position:absolute;opacity:0}
.filters label{border:1px solid var(--line);border-radius:20px;padding:3px 12px;font-size:13px;
cursor:pointer}
#all:checked~.filters label[for=all],#local:checked~.filters label[for=local],
#escalated:checked~.filters label[for=escalated],#wrong:checked~.filters label[for=wrong]
{background:var(--ink);color:var(--page);border-color:var(--ink)}
input[name=show]:focus-visible~.filters{outline:2px solid var(--s1);outline-offset:3px}
#local:checked~.list .ticket:not(.is-local),#escalated:checked~.list .ticket.is-local,
#wrong:checked~.list .ticket:not(.is-wrong){display:none}
code{font:13px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
footer{margin-top:36px;color:var(--soft);font-size:13px}
@media(max-width:720px){.ticket>summary{grid-template-columns:70px 1fr 60px}
.ticket .gist{grid-column:1/-1}.ticket .inside{grid-template-columns:1fr}
.ticket .id{display:none}}
@media print{:root{--page:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--grid:#ddd}
main{max-width:none;padding:0}.card,.tile,.ticket{break-inside:avoid}.filters,input[name=show]
{display:none}h2{break-after:avoid}body{font-size:12px}*{print-color-adjust:exact}}
)css";

}  // namespace

std::string_view report_style() { return kStyle; }

}  // namespace ganglion

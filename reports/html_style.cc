// SPDX-License-Identifier: Apache-2.0
// Restraint: system fonts, one accent, tabular figures. What the machine did is a tinted label
// (granted, refused, killed); whether that was expected is a mark before it. Both are also words.
#include "reports/html_text.h"

namespace memqual {

std::string_view html_style() {
  return R"css(
:root{color-scheme:light dark;--bg:#fff;--fg:#1b2127;--muted:#58626d;--line:#d9dfe5;--soft:#eceff2;
--panel:#f6f8fa;--granted:#dff5e5;--granted-fg:#0d5024;--refused:#fdf0c2;--refused-fg:#5e4500;
--killed:#ffe1dc;--killed-fg:#7d1a0f;--bad:#b3261e;--good:#1a7f37;--link:#0b57a4;--rss:#2563a8}
@media (prefers-color-scheme:dark){:root{--bg:#101418;--fg:#e4e9ee;--muted:#9ba6b1;--line:#2d353d;
--soft:#232a31;--panel:#181e24;--granted:#12361f;--granted-fg:#93e6ab;--refused:#3b300a;
--refused-fg:#f4d97c;--killed:#461c1c;--killed-fg:#ffb8ae;--bad:#ff8f83;--good:#63c77e;
--link:#7fb8f5;--rss:#6db0f2}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--fg);
font:14px/1.42 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
font-variant-numeric:tabular-nums}
main{max-width:1480px;margin:0 auto;padding:18px 22px 60px}
a{color:var(--link)}
code,pre,.code li,.source{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",
monospace;font-size:12px}
h1{font-size:22px;line-height:1.2;margin:0;letter-spacing:-.01em}
h2{font-size:16px;margin:26px 0 8px}
h3{font-size:14px;margin:22px 0 6px}
h4{font-size:13px;margin:14px 0 4px}
h5{font-size:11px;margin:12px 0 3px;color:var(--muted);
text-transform:uppercase;letter-spacing:.05em}
header{border-left:6px solid var(--good);padding-left:14px}
header.bad{border-color:var(--bad)}
header.idle{border-color:var(--muted)}
header p{margin:4px 0 0;color:var(--muted)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(118px,1fr));
border:1px solid var(--line);border-radius:6px;overflow:hidden;margin:14px 0 0;
background:var(--panel)}
.facts div{padding:6px 10px 7px;box-shadow:0 0 0 .5px var(--line)}
.facts dt{color:var(--muted);font-size:11.5px}
.facts dd{margin:0;font-weight:600;overflow-wrap:anywhere}
.facts small{display:block;font-weight:400;color:var(--muted);font-size:11.5px}
.columns{display:grid;grid-template-columns:minmax(0,1fr) 330px;gap:28px;align-items:start}
.columns.single{grid-template-columns:minmax(0,1fr)}
aside h2:first-child{margin-top:26px}
.legend{color:var(--muted);font-size:12.5px;margin:0 0 8px}
.legend span{white-space:nowrap}
table{border-collapse:collapse;width:100%}
caption{text-align:left;font-weight:600;padding:14px 0 2px}
th,td{text-align:left;vertical-align:top;padding:3px 10px 3px 0;font-weight:400}
thead th{color:var(--muted);font-size:12px;
border-bottom:1px solid var(--line);vertical-align:bottom}
tbody tr{border-bottom:1px solid var(--soft)}
.num{text-align:right;white-space:nowrap}
td.num+td,th.num+th{padding-left:8px}
.scroll{overflow-x:auto}
.matrix{margin-bottom:18px}
.matrix tbody{border-bottom:1px solid var(--line)}
.matrix tbody tr{border-bottom:0}
.matrix tbody tr+tr td{border-top:1px solid var(--soft)}
.matrix thead th{color:var(--fg);font-weight:600;overflow-wrap:anywhere}
.matrix thead .axis{color:var(--muted);font-weight:400}
.matrix{table-layout:fixed;min-width:620px}
.matrix tbody th{padding-right:16px}
col.scenario{width:26%}col.label{width:16%}col.number{width:10%}
.matrix td small{display:block;color:var(--muted);font-size:11.5px;line-height:1.3;
overflow-wrap:anywhere}
.name{font-weight:600;display:block;overflow-wrap:anywhere}
.summary{display:block;font-size:12.5px;line-height:1.3}
.source{display:block;color:var(--muted);font-size:11px;overflow-wrap:anywhere}
.label{color:var(--muted);font-size:12.5px;overflow-wrap:anywhere}
.text{font-size:12.5px;overflow-wrap:anywhere}
.empty{color:var(--muted);font-size:11.5px}
.outcome{display:inline-block;padding:0 7px;border-radius:4px;background:var(--soft);
color:var(--fg);text-decoration:none;font-weight:500;font-size:13px;
line-height:1.5;max-width:100%}
a.outcome:hover,a.outcome:focus{text-decoration:underline}
.outcome.granted{background:var(--granted);color:var(--granted-fg)}
.outcome.refused{background:var(--refused);color:var(--refused-fg)}
.outcome.killed{background:var(--killed);color:var(--killed-fg)}
.mark{display:inline-block;min-width:1.15em;font-weight:700}
.mark.bad{color:var(--bad)}
.outcome .mark{color:inherit}
.unexpected{outline:2px solid var(--bad);outline-offset:-1px}
.tag{color:var(--bad)}
.ear{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.word{font-size:11px;font-weight:700;letter-spacing:.03em}
.word.bad{color:var(--bad)}.word.good{color:var(--good)}.word.idle{color:var(--muted)}
.muted{color:var(--muted)}
aside ul{list-style:none;margin:0;padding:0}
aside li{padding:7px 0;border-top:1px solid var(--line);overflow-wrap:anywhere}
aside li p{margin:2px 0 0;font-size:12.5px}
aside .cases{color:var(--muted);font-size:12px}
details{border:1px solid var(--line);border-radius:6px;margin:5px 0;background:var(--bg)}
details:target{border-color:var(--link);box-shadow:0 0 0 1px var(--link)}
summary{cursor:pointer;padding:5px 10px;overflow-wrap:anywhere}
summary:hover{background:var(--panel)}
.body{padding:2px 14px 12px;border-top:1px solid var(--soft)}
.body table{width:auto;min-width:min(100%,560px)}
.body p{margin:8px 0;overflow-wrap:anywhere}
.lists{display:flex;flex-wrap:wrap;gap:0 36px}
.lists ul{margin:0;padding:0;list-style:none}
.body ul{margin:0;padding:0;list-style:none}
.code li{overflow-wrap:anywhere}
tr.differs td,tr.differs th{color:var(--bad);font-weight:600}
tr.ended td{background:var(--panel);font-weight:600}
pre{background:var(--panel);border-radius:5px;padding:8px 10px;margin:4px 0;overflow-x:auto;
max-height:340px}
figure{margin:10px 0;max-width:760px}
figcaption{color:var(--muted);font-size:12px}
svg{display:block;width:100%;height:auto;font-size:11px}
svg text{fill:var(--muted)}
.grid{stroke:var(--line);stroke-width:1}
.band{fill:var(--soft);opacity:.75}
.rss{fill:none;stroke:var(--rss);stroke-width:1.8;stroke-linejoin:round}
.area{fill:var(--rss);opacity:.13}
line.limit{stroke:var(--bad);stroke-width:1.3;stroke-dasharray:5 4}
text.limit{fill:var(--bad)}
.roofline{max-width:960px}rect.reached{fill:var(--rss);opacity:.75}text.reached,text.threads{fill:var(--fg)}
text.threads{font-weight:600}line.roof{stroke:var(--fg);stroke-dasharray:4 3;opacity:.6}
.doubted rect{opacity:.3}
.machines{min-width:880px}.narrow{display:none}.map{max-width:none}.map text{font-size:11.5px}.map .scenario,.map .machine{fill:var(--fg);font-weight:600;
font-size:13px}.map a{text-decoration:none}.map .cell{fill:var(--soft)}.map a text{fill:var(--fg)}
.map .what{font-size:13px;font-weight:600}.map .granted .cell{fill:var(--granted)}
.map .refused .cell{fill:var(--refused)}.map .killed .cell{fill:var(--killed)}
.map .granted text{fill:var(--granted-fg)}.map .refused text{fill:var(--refused-fg)}
.map .killed text{fill:var(--killed-fg)}.map .unexpected .cell{stroke:var(--bad);stroke-width:2.5}
.map a .missed{fill:var(--bad)!important;font-weight:700}.map a:focus .cell,.map a:hover .cell{stroke:var(--link);
stroke-width:2}
footer{margin-top:34px;color:var(--muted);font-size:12px;overflow-wrap:anywhere}
.pair{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:0 34px}
@media (max-width:1200px){.columns.wide{grid-template-columns:minmax(0,1fr);gap:0}}
@media (max-width:1080px){.pair{grid-template-columns:minmax(0,1fr)}
.columns{grid-template-columns:minmax(0,1fr);gap:0}}
@media (max-width:700px){main{padding:12px 12px 40px}h1{font-size:19px}
.facts{grid-template-columns:repeat(auto-fit,minmax(104px,1fr))}.narrow{display:block}
.matrix{min-width:0}.matrix thead,.matrix colgroup{display:none}
.matrix,.matrix tbody{display:block}.matrix tr{display:flex;flex-wrap:wrap;gap:0 8px}
.matrix tbody th,.matrix td.label{flex:0 0 100%;padding-bottom:1px}
.matrix td.label:empty{display:none}.matrix tbody{padding:5px 0}
.matrix td{flex:1 1 28%;min-width:96px;padding-right:0;border:0!important}
.matrix td.text,.matrix td.num{text-align:left;padding-left:0}
.matrix td.num{flex:1 1 16%;min-width:70px}
.matrix td.text:empty,.matrix td.num:empty{display:none}
.matrix td[data-axis]:before{content:attr(data-axis);display:block;font-size:11.5px;
color:var(--muted)}}
@media print{:root{color-scheme:light}main{max-width:none;padding:0}
.columns{grid-template-columns:minmax(0,1fr)}tr,li,figure{break-inside:avoid}
pre{max-height:none;white-space:pre-wrap}a{color:inherit;text-decoration:none}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)css";
}

}  // namespace memqual

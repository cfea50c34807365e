#pragma once
// The report's style sheet, light and dark.

namespace sensorium {

inline constexpr const char* kReportStyle = R"(
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--text:#1b1f27;--soft:#68707d;--line:#e3e6eb;--c1:#2f6fed;--c2:#e0702b;
--c3:#1a9c72;--own:#1a9c72;--shadow:0 1px 2px #0000000f,0 4px 16px #0000000a}
@media(prefers-color-scheme:dark){:root{--bg:#12141a;--card:#1b1f27;--text:#e7eaf0;--soft:#949daa;--line:#2d333e;--c1:#6c9dff;
--c2:#ff9d5c;--c3:#4fd1a5;--own:#4fd1a5;--shadow:none}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:1080px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:28px;line-height:1.2;margin:0;letter-spacing:-.02em}
h2{font-size:19px;margin:40px 0 12px;letter-spacing:-.01em}
h3{font-size:16px;margin:0;font-weight:600;overflow-wrap:anywhere}
.note{color:var(--soft);font-size:13px;margin:6px 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;box-shadow:var(--shadow);padding:16px;margin:0 0 14px}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(200px,1fr));gap:14px;margin-top:24px}
.tile{display:flex;flex-direction:column;margin:0}
.tile b{font-size:30px;line-height:1.2;letter-spacing:-.02em}
small,.tile small{color:var(--soft);font-size:12.5px}
.scroll{overflow-x:auto;padding:4px 16px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;white-space:nowrap}
th{text-align:left;font-weight:600}td,th{padding:9px 12px 9px 0}td{text-align:right}tr:first-child th{text-align:right;color:var(--soft);font-size:13px}
tr+tr{border-top:1px solid var(--line)}
tr.chance td,tr.chance th{color:var(--soft);font-weight:400;border-top:0;padding-top:0}tr.chance{border-top:0}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,440px),1fr));gap:14px}
.charts>.card{margin:0}
figure{margin:0}figcaption{font-weight:600;font-size:14px}
svg{width:100%;height:auto;display:block;margin-top:8px}
svg text{fill:var(--soft);font-size:12px;font-family:inherit}
.grid{stroke:var(--line);stroke-width:1}
.series{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.series.c1{stroke:var(--c1)}.series.c2{stroke:var(--c2)}.series.c3{stroke:var(--c3)}
.dot.c1,.key.c1{fill:var(--c1);background:var(--c1)}.dot.c2,.key.c2{fill:var(--c2);background:var(--c2)}.dot.c3,.key.c3{fill:var(--c3);background:var(--c3)}
.legend{display:flex;gap:16px;font-size:13px;color:var(--soft);margin-top:4px}
.key{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:6px}
.hits{display:grid;grid-template-columns:repeat(5,1fr);gap:12px;margin-top:10px}
@media(max-width:640px){.hits{grid-template-columns:repeat(2,1fr)}}
.hit img,.hit .missing{width:100%;aspect-ratio:1;object-fit:contain;background:#fff;border-radius:8px;border:1px solid var(--line);display:block}
.missing{color:#68707d;font-size:12px;display:grid!important;place-items:center;overflow-wrap:anywhere;padding:8px;text-align:center}
.hit.own img{border-color:var(--own);box-shadow:0 0 0 2px var(--own)}
.hit figcaption{font-weight:400;font-size:12.5px;line-height:1.35;margin-top:6px;display:flex;justify-content:space-between;gap:8px}
.hit figcaption span{display:-webkit-box;-webkit-line-clamp:2;-webkit-box-orient:vertical;overflow:hidden;overflow-wrap:anywhere}
.classification{display:grid;grid-template-columns:150px 1fr;gap:18px;align-items:start}
.classification img{width:150px;height:150px;object-fit:contain;background:#fff;border-radius:8px;border:1px solid var(--line)}
.classification figcaption{font-weight:400;font-size:12.5px;color:var(--soft);margin-top:6px;overflow-wrap:anywhere}
.bar{display:grid;grid-template-columns:1fr auto;font-size:13px;column-gap:8px;margin-bottom:7px}
.bar span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}.bar small{grid-row:1;grid-column:2}
.bar i{grid-column:1/-1;height:6px;border-radius:3px;background:var(--c1)}
.bar.own i{background:var(--own)}.bar.own span{font-weight:600}
dl{display:grid;grid-template-columns:max-content 1fr;gap:6px 20px;margin:0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
summary{cursor:pointer;font-weight:600}pre{overflow-x:auto;font-size:12.5px;margin:12px 0 0}
)";

}  // namespace sensorium

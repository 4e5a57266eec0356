const all=(selector,of=document)=>of.querySelectorAll(selector);
const root=document.documentElement,ui=document.getElementById('ui');
const keep={get(k){try{return localStorage.getItem(k)}catch{return null}},set(k,v){try{localStorage.setItem(k,v)}catch{}}};

// The interface's language; the campaign's own words stay as they are.
function speak(lang){
  root.dataset.ui=lang;root.lang=lang==='zh'?'zh-CN':'en';
  ui.textContent=lang==='zh'?'English':'中文';ui.lang=lang==='zh'?'en':'zh-CN';
  all('[data-en]').forEach(e=>e.setAttribute('aria-label',e.dataset[lang]));
}
const asked=new URLSearchParams(location.search).get('ui')||keep.get('handbill-ui');
speak(asked==='zh'||asked==='en'?asked:root.dataset.ui);
ui.onclick=()=>{const lang=root.dataset.ui==='zh'?'en':'zh';keep.set('handbill-ui',lang);speak(lang)};

// One locale, or all of them. A placement is as wide as the cards that it shows.
const picks=all('[data-locale]');
function only(locale){
  picks.forEach(b=>b.setAttribute('aria-pressed',b.dataset.locale===locale));
  all('[data-in]').forEach(e=>e.hidden=!!locale&&!!e.dataset.in&&e.dataset.in!==locale);
  all('.place').forEach(p=>{const shown=all('.card:not([hidden])',p).length;p.hidden=!shown;p.dataset.cards=shown});
  all('.findings li').forEach(l=>l.hidden=!l.querySelector('.where>:not([hidden])'));
  all('.films').forEach(f=>f.hidden=!f.querySelector('.card:not([hidden])'));
}
picks.forEach(b=>b.onclick=()=>only(b.dataset.locale));

// A video shows its poster with the frame's words over it until it is played.
all('.film').forEach(f=>{
  const video=f.querySelector('video'),play=f.querySelector('button');
  video.controls=false;play.hidden=false;
  play.onclick=()=>{play.hidden=true;video.controls=true;f.closest('.card').classList.add('plays');video.play();video.focus()};
  video.onplay=()=>all('video').forEach(o=>o!==video&&o.pause());
});

const zoom=document.getElementById('zoom');
document.addEventListener('click',e=>{
  const a=e.target.closest('[data-zoom]');
  if(!a||e.metaKey||e.ctrlKey||e.shiftKey)return;
  e.preventDefault();
  const img=zoom.querySelector('img');img.src=a.href;img.alt=a.firstChild.alt;zoom.showModal();
});
zoom.onclick=()=>zoom.close();

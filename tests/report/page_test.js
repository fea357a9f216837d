// Reports in a real browser: studies whose names, values, notes and output try to run. Moves over every
// mark of every page, and clicks what can be clicked: nothing runs, nothing is asked of any network, and
// what the study says stands there as text.
//   NODE_PATH=FOLDER/node_modules node page_test.js HOSTILE_PAGES SWEETSPOT [FOLDER FOR SCREENSHOTS]
// Exit code 77: skipped, with the reason.
const assert = require('assert');
const {execFileSync} = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const {pathToFileURL} = require('url');

const [hostilePages, sweetspot, screenshots] = process.argv.slice(2);
const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

function skip(reason) {
  console.log(`skipped: ${reason}`);
  process.exit(77);
}

function browserPath() {
  for (const folder of (process.env.PATH || '').split(':')) {
    for (const name of BROWSERS) {
      const file = path.join(folder, name);
      if (fs.existsSync(file)) return file;
    }
  }
  return skip(`no browser (${BROWSERS.join(', ')}) is installed; scripts/install tests installs one`);
}

function playwright() {
  try {
    return require('playwright-core');
  } catch (error) {
    return skip(`playwright-core is not there (${error.message.split('\n')[0]}); the build installs it by npm`);
  }
}

// A program that prints, and fails with, what would like to be markup.
function ownStudy(folder) {
  const program = path.join(folder, 'p.sh');
  fs.writeFileSync(program, `
echo '<img src=x onerror="window.ran=1">'
echo '</script><script>window.ran=2</script>' >&2
echo '{"step": 0, "<script>alert(3)</script>": 0.5, "a,b": 1}'
case "$2" in
  *svg*) echo '<svg onload=window.ran=4> javascript:window.ran=5' >&2; exit 3;;
esac
echo '{"step": 5, "<script>alert(3)</script>": 0.9, "a,b": 2}'
`);
  const study = path.join(folder, 'own.db');
  execFileSync(sweetspot, ['sweep', '--command', 'sh p.sh {lr} {name}', '--grid', 'lr=0.1,1', '--grid',
    'name=<img src=x onerror=window.ran=6>,"><svg onload=window.ran=7>,</script><script>window.ran=8</script>,__proto__',
    '--target', '<script>alert(3)</script>>=0.8', '--budget', '10', '--study', study],
  {cwd: folder, stdio: ['ignore', 'ignore', 'inherit']});
  execFileSync(sweetspot, ['report', study, '--output', path.join(folder, 'own')], {stdio: 'ignore'});
}

// What no text of a study may have made.
async function strangers(page) {
  return page.evaluate(() => {
    const found = [];
    const tags = 'img,iframe,frame,object,embed,link,base,image,foreignObject,animate,set,audio,video,form';
    document.querySelectorAll(tags).forEach((element) => found.push(element.outerHTML.slice(0, 100)));
    document.querySelectorAll('*').forEach((element) => {
      for (const attribute of element.attributes) {
        if (/^on/i.test(attribute.name) || /^\s*javascript:/i.test(attribute.value)) {
          found.push(`${element.tagName} ${attribute.name}=${attribute.value}`);
        }
      }
    });
    if (window.ran !== undefined) found.push(`ran: ${window.ran}`);
    return found.concat(window.violations || []);
  });
}

// The middle of every mark of the page's figures, in its coordinates.
async function marks(page) {
  return page.evaluate(() => {
    const places = [];
    document.querySelectorAll('section svg path, section svg rect, section svg circle, section svg text')
        .forEach((mark) => {
          const box = mark.getBoundingClientRect();
          // Not the backgrounds, grids and lines.
          if (box.width > 250 || box.height > 120 || (box.width === 0 && box.height === 0)) return;
          places.push([box.left + box.width / 2, box.top + box.height / 2]);
        });
    return places;
  });
}

async function tooltips(page) {
  return page.evaluate(() => Array.from(document.querySelectorAll('section div > div'))
      .filter((box) => /pointer-events/.test(box.getAttribute('style') || '') && box.style.visibility !== 'hidden')
      .map((box) => box.textContent).filter((text) => text !== ''));
}

async function lookAtPage(context, file, expected) {
  const page = await context.newPage();
  const requests = [];
  const errors = [];
  page.on('request', (request) => requests.push(request.url()));
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('dialog', (dialog) => { errors.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
  page.on('console', (line) => { if (line.type() === 'error') errors.push(line.text()); });
  await page.goto(pathToFileURL(file).href);
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({width: 1100, height: Math.min(height + 50, 16000)});
  if (screenshots) {
    await page.screenshot({path: path.join(screenshots, `${path.basename(path.dirname(file))}.png`), fullPage: true});
  }
  const said = new Set();
  const places = await marks(page);
  for (const [x, y] of places) {
    await page.mouse.move(x, y);
    for (const text of await tooltips(page)) said.add(text);
  }
  if (screenshots && places.length > 0) {
    await page.screenshot({path: path.join(screenshots, `${path.basename(path.dirname(file))}-tooltip.png`), fullPage: true});
  }
  for (const input of await page.$$('input[type=radio]')) {
    if (await input.isVisible()) await input.click();
  }
  for (const [x, y] of places.filter((place, i) => i % 5 === 0)) await page.mouse.click(x, y);
  await page.setViewportSize({width: 700, height: 3000});
  // Handlers of images and frames run after their loading failed.
  await page.waitForTimeout(200);
  assert.deepStrictEqual(await strangers(page), [], file);
  assert.deepStrictEqual(errors, [], file);
  assert.deepStrictEqual(requests, [pathToFileURL(file).href], file);
  assert.strictEqual(await page.evaluate(() => document.scripts.length), 2, file);
  assert.ok(said.size >= expected.tooltips, `${file}: ${said.size} tooltips over ${places.length} marks`);
  for (const text of expected.texts) {
    assert.ok(Array.from(said).some((one) => one.includes(text)), `${file}: no tooltip says ${text}`);
  }
  await page.close();
  return said.size;
}

async function lookAtSvg(context, file) {
  const page = await context.newPage();
  const requests = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  assert.deepStrictEqual(await strangers(page), [], file);
  assert.deepStrictEqual(requests, [pathToFileURL(file).href], file);
  const tags = await page.evaluate(() => Array.from(new Set(Array.from(document.querySelectorAll('*'),
      (element) => element.localName))));
  for (const tag of tags) {
    assert.ok(/^(svg|g|path|rect|circle|ellipse|line|polyline|polygon|text|tspan|defs|clipPath|style)$/.test(tag), `${file}: ${tag}`);
  }
  await page.close();
}

async function main() {
  const executablePath = browserPath();
  const {chromium} = playwright();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sweetspot-pages-'));
  const browser = await chromium.launch({executablePath, headless: true, args: ['--no-sandbox',
    '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync']});
  try {
    execFileSync(hostilePages, [folder], {stdio: 'inherit'});
    ownStudy(folder);
    const context = await browser.newContext({viewport: {width: 1100, height: 900}});
    context.setDefaultTimeout(120000);
    await context.addInitScript(() => {
      window.violations = [];
      document.addEventListener('securitypolicyviolation', (event) => {
        window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
    });
    const image = '<img src=x onerror=';
    const pages = {
      sweep: {tooltips: 20, texts: [image, '</script><script>', 'javascript:window.ran', '\\u001b[31m']},
      search: {tooltips: 30, texts: [image, '</script><script>', '__proto__', '{b|{a}} {b} {c}']},
      'without-places': {tooltips: 30, texts: [image, 'null', 'text']},
      sizes: {tooltips: 4, texts: ['scale 2']},
      parts: {tooltips: 40, texts: [image]},
      own: {tooltips: 4, texts: ['<svg onload=window.ran=4> javascript:window.ran=5', '<img src=x onerror=window.ran=6>']}
    };
    for (const name of Object.keys(pages)) {
      const count = await lookAtPage(context, path.join(folder, name, 'index.html'), pages[name]);
      console.log(`${name}: ${count} tooltips`);
    }
    for (const name of ['sweep', 'search', 'sizes', 'own']) {
      for (const file of fs.readdirSync(path.join(folder, name)).filter((one) => one.endsWith('.svg'))) {
        await lookAtSvg(context, path.join(folder, name, file));
      }
    }
  } finally {
    await browser.close();
    fs.rmSync(folder, {recursive: true, force: true});
  }
}

main().catch((error) => {
  console.error(error.stack || error);
  process.exit(1);
});

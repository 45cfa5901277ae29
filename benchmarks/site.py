"""What a reader waits for in the built site, opened from disk in the browser; printed by ``make bench``.

Milliseconds on one machine, medians of repeats. Aims: an update of the theory lab in 10 ms, a page in one second, the
first in half of one and, pictures aside, 1 MB.
"""

import statistics
from pathlib import Path
from urllib.parse import unquote, urlsplit

from chromium import launch
from playwright.sync_api import sync_playwright

SITE = Path(__file__).parents[1] / "_build" / "html"
PICTURES = (".png", ".svg", ".webp", ".jpg")
UPDATES = (  # what is moved, at 3,072 eigenvalues: name, address, slider
    ("number of images", "", "n"),
    ("exponent of a power law", "#spectrum=power&dim=3072", "exponent"),
    ("number of images, 80 Heun steps", "#steps=80", "n"),
    ("number of images, exact equation", "#sampler=exact", "n"),
)
# Milliseconds of script, and until the frame with the result has been laid out and painted, of every move of a slider.
MOVE = """async ([name, moves]) => {
  const slider = document.querySelector(`input[name=${name}]`);
  const times = [];
  for (let i = 0; i < moves; i++) {
    slider.stepUp();
    slider.dispatchEvent(new Event("input", {bubbles: true}));
    await new Promise(requestAnimationFrame); // asked for after the lab's own frame, so that the update is done
    const {startTime, duration} = performance.getEntriesByName("theory-lab-update").at(-1);
    await new Promise(done => {
      const {port1, port2} = new MessageChannel();
      port1.onmessage = done;
      port2.postMessage(0);
    });
    times.push([duration, performance.now() - startTime]);
  }
  return times;
}"""
WAIT = """addEventListener("load", async () => {
  await document.fonts.ready;
  window.whole = performance.now();
})"""


def main():
    if not (SITE / "index.html").exists():
        print(f"No site in {SITE}: make book builds it")
        return
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for job in UPDATES:
            update(browser, *job)
        for path in sorted(SITE.rglob("*.html")):
            if "_static" not in path.parts and path.name != "index.html":
                load(browser, path)
        browser.close()


def update(browser, job, address, slider, moves=40):
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{(SITE / 'book' / 'lab.html').as_uri()}{address}")
    page.wait_for_selector(".lab-numbers p:last-child b:not(:text('…'))")  # the first forecast is there
    script, painted = (
        f"{statistics.median(times):.1f} (at best {min(times):.1f})"
        for times in zip(*page.evaluate(MOVE, [slider, moves]), strict=True)
    )
    print(f"theory lab, {job}: {script} ms of script, {painted} ms until painted", flush=True)
    page.close()


def load(browser, path, repeats=3):
    times = []
    for _ in range(repeats):
        with browser.new_context(viewport={"width": 1280, "height": 900}) as window:
            window.add_init_script(WAIT)
            page, asked = window.new_page(), set()
            page.on("request", lambda request, asked=asked: asked.add(unquote(urlsplit(request.url).path)))
            page.goto(path.as_uri())
            page.wait_for_function("window.whole")
            times.append(page.evaluate("[performance.getEntriesByType('navigation')[0].loadEventEnd, window.whole]"))
    loaded, whole = map(statistics.median, zip(*times, strict=True))
    weight = sum(Path(name).stat().st_size for name in asked if Path(name).suffix not in PICTURES) / 1e6
    name = path.relative_to(SITE).as_posix()
    print(f"{name}: {loaded:.0f} ms to load, {whole:.0f} ms with all fonts, {weight:.2f} MB", flush=True)


if __name__ == "__main__":
    main()

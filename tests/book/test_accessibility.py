"""Every page of the site under axe, in light and in dark: nothing serious and nothing critical."""

import hashlib
import io
import tarfile
import urllib.request

import pytest
from conftest import settle

from rmt_utils.data.photographs import cache_folder
from rmt_utils.files import write_file

AXE = "4.14.1"
AXE_ADDRESS = f"https://registry.npmjs.org/axe-core/-/axe-core-{AXE}.tgz"
AXE_SHA256 = "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745"  # of the archive
RUN = """async () => {
  await window.MathJax?.startup?.promise;
  const settled = document.getAnimations().map(({finished}) => finished); // colours on their way to dark
  await Promise.race([Promise.allSettled(settled), new Promise(done => setTimeout(done, 1000))]);
  const {violations} = await axe.run({resultTypes: ["violations"]});
  return violations.filter(({impact}) => ["serious", "critical"].includes(impact))
    .flatMap(({id, nodes}) => nodes.map(({html}) => `${id}: ${html.slice(0, 200)}`));
}"""


@pytest.fixture(scope="session")
def axe():
    """axe's script, taken once from npm's registry and kept, in its archive, in the user's cache folder."""
    path = cache_folder() / f"axe-core-{AXE}.tgz"
    archive = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(archive).hexdigest() != AXE_SHA256:
        with urllib.request.urlopen(AXE_ADDRESS, timeout=60) as answer:
            archive = answer.read()
        if hashlib.sha256(archive).hexdigest() != AXE_SHA256:
            pytest.fail(f"{AXE_ADDRESS} has a wrong checksum")
        write_file(path, archive)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        return files.extractfile("package/axe.min.js").read().decode()


def test_no_page_has_a_serious_violation(browser, address, site, axe):
    found = {}
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    for path in sorted(site.rglob("*.html")):
        name = path.relative_to(site).as_posix()
        if "_static" in path.parts or name == "index.html":
            continue
        page.emulate_media(color_scheme="light")
        page.goto(f"{address}/{name}")
        settle(page)
        page.evaluate(axe)
        violations = page.evaluate(RUN)
        page.emulate_media(color_scheme="dark")
        page.wait_for_function("document.documentElement.dataset.theme === 'dark'")
        violations += [f"dark {line}" for line in page.evaluate(RUN)]
        if violations:
            found[name] = violations
    page.close()
    assert found == {}

"""Tables and numbers that the notebooks wrote down when they were executed.

Directives `figure-index` and `run-record`, and the role `record` for numbers on other pages than their notebook's:
{record}`02_kappa/gain-miss:.3f` is the number of that name, {record}`05_deep_networks/remembers-UNet` a verdict's
measured value with its error, {record}`05_deep_networks/remembers-UNet-holds` its "yes" or "no", and
{record}`05_deep_networks/remembers-UNet-verdict` both.

A notebook writes `figures/<notebook>/manifest.json` while Sphinx reads it, perhaps after the page that holds the table.
All three therefore leave a placeholder, which is filled when pages are written: by then all notebooks have run.
"""

from datetime import UTC, datetime

from docutils import nodes
from figure_files import FOLDER, offered, recorded
from sphinx.addnodes import pending_xref
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

logger = logging.getLogger(__name__)

NO_RECORDS = "No notebook has been executed yet, so there is nothing to list."
BOUNDS = ("at_most", "at_least")


class Placeholder(nodes.General, nodes.Element):
    """Where a table will stand; `directive` names the one that asked for it."""


class InlinePlaceholder(nodes.Inline, nodes.Element):
    """Where a number will stand; `wanted` is notebook/name, with a format after a colon."""


class RecordTable(SphinxDirective):
    """Leave a placeholder for the table and mark the page, so that it is written again in every build."""

    def run(self):
        self.env.metadata[self.env.docname]["run_records"] = True
        return [Placeholder(directive=self.name)]


class RecordRole(SphinxRole):
    """Leave a placeholder for the number and mark the page."""

    def run(self):
        self.env.metadata[self.env.docname]["run_records"] = True
        return [InlinePlaceholder(wanted=self.text, location=self.get_location())], []


class FillPlaceholders(SphinxPostTransform):
    """Put tables and numbers in place of the placeholders."""

    default_priority = 8  # before Sphinx resolves cross-references (10), as the tables bring new ones

    def run(self, **kwargs):
        manifests = recorded(self.env.srcdir)
        for placeholder in list(self.document.findall(InlinePlaceholder)):
            placeholder.replace_self(nodes.Text(self.number(manifests, placeholder)))
        for placeholder in list(self.document.findall(Placeholder)):
            make_table = {"figure-index": self.figure_index, "run-record": self.run_record}[placeholder["directive"]]
            placeholder.replace_self(make_table(manifests) if manifests else nodes.paragraph(text=NO_RECORDS))

    def number(self, manifests, placeholder):
        """The recorded number as text, "not measured" if the run did not get that far."""
        notebook, _, name = placeholder["wanted"].partition("/")
        name, _, shape = name.partition(":")
        for manifest in manifests:
            if manifest["notebook"] == notebook:
                values = {key: value for figure in manifest["figures"] for key, value in figure["numbers"].items()}
                if name in values:
                    return format(values[name], shape)
                for verdict in (one for figure in manifest["figures"] for one in figure["verdicts"]):
                    if verdict["name"] == name:
                        return verdict["shown"]
                    holds = "yes" if verdict["holds"] else "no"
                    if f"{verdict['name']}-holds" == name:
                        return holds
                    if f"{verdict['name']}-verdict" == name:
                        return f"{verdict['shown']} ({holds})"
                break
        else:
            logger.warning("no record of %s", notebook, location=placeholder["location"])
        return "not measured"

    def figure_index(self, manifests):
        """One row for each figure of each notebook."""
        return table(
            ["Figure", "In the paper", "Notebook", "Seconds", "Files", "Claims"],
            [
                [
                    self.figure(figure),
                    cell(figure.get("paper") or "- (this book)"),
                    self.notebook(manifest),
                    cell(f"{figure['seconds']:.1f}"),
                    self.files(manifest, figure),
                    claims(figure),
                ]
                for manifest in manifests
                for figure in manifest["figures"]
            ],
        )

    def run_record(self, manifests):
        """One row for each notebook: when and where it ran, and with which versions."""
        return table(
            ["Notebook", "Started", "Profile", "Seconds", "Machine", "Versions"],
            [
                [
                    self.notebook(manifest),
                    cell(datetime.fromisoformat(manifest["started"]).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")),
                    cell(manifest["profile"]),
                    cell(f"{manifest['seconds']:.1f}"),
                    cell(f"{manifest['platform']}, {manifest['cpu_count']} CPUs"),
                    cell(", ".join(f"{name} {version}" for name, version in manifest["versions"].items())),
                ]
                for manifest in manifests
            ],
        )

    def figure(self, figure):
        """The figure's number, linked to it, and its title; the title alone if no page shows the figure."""
        label = nodes.fully_normalize_name(figure["name"])
        if label not in self.env.get_domain("std").labels:
            return cell(figure["title"])
        return cell(self.link("numref", label), f": {figure['title']}")

    def files(self, manifest, figure):
        """Links to the figure's files; only their kinds where there are no links."""
        links, top = [], "../" * self.env.docname.count("/")
        for name in offered(figure):
            kind = name.rsplit(".", 1)[1].upper()
            address = f"{top}{FOLDER}/{manifest['notebook']}/{name}"
            linked = self.app.builder.name == "html"
            links += [nodes.reference("", kind, refuri=address) if linked else nodes.Text(kind), nodes.Text(" ")]
        return cell(*links)

    def notebook(self, manifest):
        """The notebook's name, linked to its page if the book has one."""
        name = manifest["notebook"]
        page = f"notebooks/{name}"
        return cell(self.link("doc", f"/{page}", name) if page in self.env.found_docs else name)

    def link(self, kind, target, text=None):
        """A cross-reference; without `text` it is shown as its target says."""
        attributes = {"refdomain": "std", "reftype": kind, "reftarget": target, "refdoc": self.env.docname}
        return pending_xref("", nodes.inline(text=text or target), refexplicit=text is not None, **attributes)


def claims(figure):
    """How many of a figure's claims hold and, unfolded, each of them with what was found and its bounds."""
    kinds = {kind: figure[kind] for kind in ("checks", "verdicts") if figure[kind]}
    if not kinds:
        return cell("none")
    counts, found = [], nodes.bullet_list()
    for kind, entries in kinds.items():
        holding = [claim.get("holds", True) for claim in entries]  # a check that fails stops its chapter
        counts.append(f"{sum(holding)} of {len(entries)} {kind} hold")
        for claim, holds in zip(entries, holding, strict=True):
            bounds = ", ".join(f"{name.replace('_', ' ')} {claim[name]:.3g}" for name in BOUNDS if name in claim)
            value = claim.get("shown", f"{claim['value']:.3g}")
            text = f"{claim['claim']}: {value} ({bounds}){'' if holds else ', does not hold'}"
            found += nodes.list_item("", nodes.paragraph(text=text))
    summary = f"<details><summary>{', '.join(counts)}</summary>"
    return nodes.entry("", nodes.raw("", summary, format="html"), found, nodes.raw("", "</details>", format="html"))


def cell(*parts):
    """A table cell holding one paragraph of nodes and strings."""
    inline = [nodes.Text(part) if isinstance(part, str) else part for part in parts]
    return nodes.entry("", nodes.paragraph("", "", *inline))


def table(header, rows):
    """A table with one header line; `rows` hold cells."""
    columns = [nodes.colspec(colwidth=1) for _ in header]
    head = nodes.thead("", nodes.row("", *map(cell, header)))
    body = nodes.tbody("", *(nodes.row("", *row) for row in rows))
    return nodes.table(
        "", nodes.tgroup("", *columns, head, body, cols=len(header)), classes=["colwidths-auto", "run-records"]
    )


def pages_with_tables(app, env):
    """Names of the pages to write again: a notebook may have run since they were last written."""
    return [page for page, metadata in env.metadata.items() if "run_records" in metadata]


def setup(app):
    """Register with Sphinx."""
    app.add_node(Placeholder)
    app.add_node(InlinePlaceholder)
    app.add_role("record", RecordRole())
    app.add_directive("figure-index", RecordTable)
    app.add_directive("run-record", RecordTable)
    app.add_post_transform(FillPlaceholders)
    app.connect("env-updated", pages_with_tables)
    return {"parallel_read_safe": True, "parallel_write_safe": True}

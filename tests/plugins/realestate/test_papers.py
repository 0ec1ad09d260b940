"""Papers are numbered without gaps and print as pages. Source: realestate.md section 6."""

from __future__ import annotations

from serviceflow_realestate.papers import TITLES
from serviceflow_realestate.printing import print_paper
from serviceflow_realestate.rehearsal import Rehearsal
from serviceflow_realestate.tables import RePaper


def test_every_paper_of_a_purchase_prints(centre: Rehearsal) -> None:
    centre.at("2026-03-07 11:00")
    centre.signed(centre.briefed(), "2026-03-12 14:00", first="355710")
    papers = centre.rows(RePaper)
    kinds = {p.type for p in papers}
    assert {"RE-FILE", "RE-LETTER", "RE-PLAN", "RE-APPROVAL", "RE-RECEIPT", "RE-UNDERTAKING", "RE-CONTRACT"} <= kinds
    for kind in kinds:
        numbers = [int(p.number[-4:]) for p in papers if p.type == kind]
        assert numbers == list(range(1, len(numbers) + 1))
    with centre.shop.reading() as tx:
        for paper in papers:
            page = print_paper(centre.shop, tx, paper)
            assert str(TITLES[paper.type]) in page
            assert paper.number in page
        receipt = next(p for p in papers if p.type == "RE-RECEIPT")
        page = print_paper(centre.shop, tx, receipt)
    assert "贰万元整" in page
    assert "王伟" in page

"""What studies declare is there: functions, tables, captions, pages, sections."""

import inspect
from importlib import import_module
from pathlib import Path

import pytest

from kkt_unlearning.studies.claim import CHECK, CHECKS, claims
from kkt_unlearning.studies.study import (
    figures,
    measures,
    modules,
    rows_of,
    sections,
    studies,
)

ROOT = Path(__file__).parents[2]


def test_studies_come_in_their_order_and_each_has_its_own_place():
    orders = [study.order for study in studies().values()]
    assert orders == sorted(set(orders))
    assert len(studies()) == len(modules("study"))


@pytest.mark.parametrize("name", measures())
def test_a_measure_has_a_function_of_its_name(name):
    measure = measures()[name]
    if measure.reads:
        function = getattr(import_module(rows_of(name)), name)
        assert list(inspect.signature(function).parameters) == ["case"]
    else:
        assert measure.part == "multipliers"  # which rule duals writes


@pytest.mark.parametrize("name", studies())
def test_names_of_measures_and_sections_are_of_one_study_alone(name):
    for other in studies().keys() - {name}:
        assert not studies()[name].measures.keys() & studies()[other].measures.keys()
        assert not studies()[name].sections.keys() & studies()[other].sections.keys()


def test_measures_write_different_tables():
    parts = [measure.part for measure in measures().values()]
    assert len(set(parts)) == len(parts)


@pytest.mark.parametrize("name", figures())
def test_a_figure_is_drawn_from_the_tables_that_are_declared(name):
    draw = import_module(f"kkt_unlearning.studies.{name}.figure").draw
    assert list(inspect.signature(draw).parameters) == list(figures()[name])
    assert (ROOT / f"workflow/report/{name}.rst").is_file()


@pytest.mark.parametrize("name", sections())
def test_a_section_has_its_page_and_its_claims(name):
    assert (ROOT / sections()[name].page.partition("#")[0]).is_file()
    assert name in {claim.section for claim in claims()}


@pytest.mark.parametrize("claim", claims(), ids=lambda claim: claim.name)
def test_a_claim_stands_in_a_section_of_its_study_or_among_the_checks(claim):
    study = claim.measure.__module__.split(".")[-2]
    own = set(studies()[study].sections) - {CHECKS} or set(sections())  # or those of others
    assert claim.section in ({CHECKS} if claim.origin.kind == CHECK.kind else own)
    assert not claim.figure or claim.figure in figures()

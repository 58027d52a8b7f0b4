"""GDS layers of sky130B by the PDK's names (libs.tech/klayout/tech/sky130B.lyp)."""

LAYERS: dict[str, tuple[int, int]] = {
    "nwell": (64, 20),
    "dnwell": (64, 18),
    "diff": (65, 20),
    "tap": (65, 44),
    "poly": (66, 20),
    "poly_res": (66, 13),
    "poly_short": (66, 15),
    "licon1": (66, 44),
    "li1": (67, 20),
    "mcon": (67, 44),
    "met1": (68, 20),
    "via": (68, 44),
    "met2": (69, 20),
    "via2": (69, 44),
    "met3": (70, 20),
    "via3": (70, 44),
    "met4": (71, 20),
    "via4": (71, 44),
    "met5": (72, 20),
    "hvi": (75, 20),
    "hvtp": (78, 44),
    "rpm": (86, 20),
    "urpm": (79, 20),
    "pnp": (82, 44),
    "capm": (89, 44),
    "nsdm": (93, 44),
    "psdm": (94, 20),
    "npc": (95, 20),
    "reram": (201, 20),
    "prbndry": (235, 4),
    "areaid_sc": (81, 4),
    "areaid_ce": (81, 2),
    "areaid_diode": (81, 23),
    "lvtn": (125, 44),
}

METALS = ("met1", "met2", "met3", "met4", "met5")
PIN, LABEL = 16, 5  # datatypes of pin shapes and labels on a metal's layer number


def pin_layer(metal: str) -> tuple[int, int]:
    """Layer of the pin shapes of a metal (or li1)."""
    return LAYERS[metal][0], PIN


def label_layer(metal: str) -> tuple[int, int]:
    """Layer of the labels of a metal (or li1)."""
    return LAYERS[metal][0], LABEL

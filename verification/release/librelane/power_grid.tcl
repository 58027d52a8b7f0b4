# LibreLane's own grid, and what ties the array to it. vss is a bar of met1 on the array's upper edge. A strap of met4 that
# stands over the array ends above that bar, and vias lead down to it.
source [file join $::env(SCRIPTS_DIR) openroad common pdn_cfg.tcl]
add_pdn_connect -grid macro -layers {met1 met4}

# Read after openroad_prelude.tcl when the wheel stands in for the `sta` command.
#
# LibreLane's STA scripts ask for the namespaces ::ord and utl to find out whether they run in OpenROAD; both must seem
# absent, or the scripts neither print the metrics that LibreLane reads nor take the netlist path.

rename namespace ::neusoc::namespace
proc namespace {args} {
    if {$args in {"exists ::ord" "exists utl"}} { return 0 }
    uplevel 1 [list ::neusoc::namespace {*}$args]
}

# OpenSTA links a netlist on Liberty alone; the wheel needs the LEF of every cell first.
rename link_design ::neusoc::link_design
proc link_design {args} {
    if {![ord::db_has_tech]} {
        set corner [expr {[info exists ::env(_CURRENT_CORNER_NAME)] ? $::env(_CURRENT_CORNER_NAME) : $::env(DEFAULT_CORNER)}]
        set technology ""
        foreach {pattern file} $::env(TECH_LEFS) {
            if {$technology eq "" || [string match $pattern $corner]} { set technology $file }
        }
        read_lef $technology
        foreach variable {CELL_LEFS PAD_LEFS MACRO_LEFS EXTRA_LEFS} {
            if {[info exists ::env($variable)]} { foreach file $::env($variable) { read_lef $file } }
        }
    }
    set hierarchy {}
    if {[info exists ::env(_CURRENT_CORNER_NETLISTS)] && [llength $::env(_CURRENT_CORNER_NETLISTS)]} { set hierarchy -hier }
    uplevel 1 [list ::neusoc::link_design {*}$hierarchy {*}$args]
}

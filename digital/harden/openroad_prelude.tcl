# Read before every Tcl script that the openroad wheel runs.
#
# The script runs in a coroutine. Commands that crash when the wheel's Tcl calls them (ifp::*: their Design pointer is
# null) hand their request out of the coroutine to Python, which serves it through the wheel's Python API.

fconfigure stdout -buffering line

namespace eval ::neusoc {
    variable done 0
    variable code 0
    variable message ""

    # Hand a request to Python; return its answer or raise its error.
    proc ask {args} {
        lassign [yield $args] failed answer
        if {$failed} { error $answer }
        return $answer
    }

    # Body of the coroutine: run the script at global level and keep how it ended.
    proc run_script {script} {
        variable done
        variable code
        variable message
        set code [catch {uplevel #0 [list source $script]} result options]
        if {$code == 2} { set code 0 }
        set message [expr {[dict exists $options -errorinfo] ? [dict get $options -errorinfo] : $result}]
        set done 1
        return ""
    }
}

proc ::ifp::find_site {name} {
    foreach library [[ord::get_db] getLibs] {
        if {[$library findSite $name] ne "NULL"} { return $name }
    }
    error "site $name not found in any LEF library"
}
proc ::ifp::make_die {args} { ::neusoc::ask die {*}$args }
proc ::ifp::make_die_util {args} { ::neusoc::ask die_utilization {*}$args }
proc ::ifp::make_rows {args} { ::neusoc::ask rows {*}$args }
proc ::ifp::make_rows_with_spacing {args} { ::neusoc::ask rows_with_spacing {*}$args }
proc ::ifp::make_layer_tracks {args} {
    if {[llength $args] == 0} { return [::neusoc::ask tracks] }
    ::neusoc::ask layer_tracks [[lindex $args 0] getName] {*}[lrange $args 1 end]
}
proc ::ifp::insert_tiecells_cmd {mterm prefix} {
    ::neusoc::ask tie_cells [[$mterm getMaster] getName] [$mterm getName] $prefix
}

# Spellings that are newer than the wheel.
rename global_connect ::neusoc::global_connect
proc global_connect {args} { ::neusoc::global_connect {*}[lsearch -all -inline -not -exact $args -verbose] }
if {[llength [info commands ::utl::metric_int]] == 0} { interp alias {} ::utl::metric_int {} ::utl::metric_integer }

# Detailed routing looks for antennas when its wires are drawn, and draws anew what it repairs. LibreLane hands it the margin of
# global routing (60 %), which stands in for what is not drawn yet: with it 256 nets are torn up where 50 break the rule.
namespace eval ::neusoc { variable drawn_antenna_margin 10; variable drawn 0 }
rename detailed_route ::neusoc::detailed_route
proc detailed_route {args} {
    set ::neusoc::drawn 1
    uplevel 1 [list ::neusoc::detailed_route {*}$args]
}
rename repair_antennas ::neusoc::repair_antennas
proc repair_antennas {args} {
    set at [lsearch -exact $args -ratio_margin]
    if {$::neusoc::drawn && $at >= 0} { lset args [expr {$at + 1}] $::neusoc::drawn_antenna_margin }
    uplevel 1 [list ::neusoc::repair_antennas {*}$args]
}

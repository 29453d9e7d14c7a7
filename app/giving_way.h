// Threads that work or write for seconds give way to those that answer a person at once: the window's own, the display server's,
// which the window asks where the pointer is, and the analysis that a hover waits for.
// Thread rule: call before the thread is started.
#pragma once

class QThread;

namespace armillary::app {

// From its start on the thread, and every thread that it starts itself, gets a core only when nothing more urgent wants it.
// With cores to spare nothing changes.
void giveWay(QThread& thread);

}  // namespace armillary::app

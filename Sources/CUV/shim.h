//
// This source file is part of the Lineshaft project.
// See LICENSE for licence information.
// SPDX-License-Identifier: Apache-2.0
//

#pragma once

#include <uv.h>

#ifdef __linux__
#include <pthread.h>

// The system's headers show it only to programs that ask for all of GNU's extensions, which a module cannot.
int pthread_setname_np(pthread_t thread, const char *name);
#endif

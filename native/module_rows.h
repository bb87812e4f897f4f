// What the type Index is given and gives: rows, their reaches, and what was found or became of a change.
#ifndef PLATEMATCH_MODULE_ROWS_H
#define PLATEMATCH_MODULE_ROWS_H

#include "module.h"

#include "forms.h"
#include "index.h"

// A row's id and the size of its codes; -1 with an exception set where they will not do.
int parse_row(Py_ssize_t size, PyObject *number, uint32_t *id);
int parse_reach(unsigned errors, unsigned missing_ends, struct reach *reach);

// A view of n reaches, (n, 2), or of nothing for None.
int view_reaches(PyObject *reaches, Py_buffer *buffer, Py_ssize_t n);

// None, or the exception for what became of a change. id: of one row, -1 of many.
PyObject *told(const struct index *index, enum change change, long long id);

// The pairs as two arrays.
PyObject *found_arrays(const struct found *found);

#endif

// What the files of the Python side share: the types of the module, and numpy arrays as arguments and answers. Only
// these files, all named module, know Python.
#ifndef PLATEMATCH_MODULE_H
#define PLATEMATCH_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

extern PyType_Spec index_spec, seen_spec;

// A C-contiguous view of `object` as rows of `width` items of a type (as the struct module names it), or -1. *rows:
// how many rows it must have, or -1 to be told.
int view(PyObject *object, Py_buffer *buffer, const char *name, const char *type, Py_ssize_t width, Py_ssize_t *rows);

// A new numpy array of zeros, and a view for writing to it.
PyObject *zeros(const char *type, Py_ssize_t n, Py_ssize_t width, Py_buffer *buffer);

// A new numpy array of n items of a size.
PyObject *array_of(const char *type, const void *items, size_t n, size_t size);

enum { NUMBER_ALIGNMENT = 8, PAGE_ALIGNMENT = 4096 };

// A view of a caller's memory, writable or not, of at least `least` bytes; -1 (ValueError or BufferError) if it is not
// so or not aligned.
int view_memory(PyObject *memory, Py_buffer *buffer, int writable, Py_ssize_t least, int alignment);

#endif

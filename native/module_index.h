// The type Index, as its two files share it: module_making.c makes one, module_index.c is for the rest.
#ifndef PLATEMATCH_MODULE_INDEX_H
#define PLATEMATCH_MODULE_INDEX_H

#include "index.h"
#include "module.h"

// Set by tp_new and never changed, so that calls which have let go of the GIL can rely on it.
typedef struct {
    PyObject_HEAD struct index *index;
    Py_buffer memory; // the caller's, if any
    Py_ssize_t shape[2], strides[2];
} Index;

PyObject *index_new(PyTypeObject *type, PyObject *args, PyObject *kwargs);
PyObject *index_attach_method(PyTypeObject *type, PyObject *memory);
PyObject *index_open_method(PyTypeObject *type, PyObject *args);
PyObject *index_memory_size_method(PyObject *type, PyObject *number);
PyObject *index_save_method(Index *self, PyObject *path);

// Whether the index may be changed here; if not, with TypeError.
int writable(const Index *self);

#endif

"""The five sellers, one file each: what their customers do."""

from api.demo.sellers.aircall import AIRCALL
from api.demo.sellers.crm360 import CRM360
from api.demo.sellers.crm_com import CRM_COM
from api.demo.sellers.dailybiz import DAILYBIZ
from api.demo.sellers.flexmail import FLEXMAIL

SELLERS = (CRM360, CRM_COM, DAILYBIZ, FLEXMAIL, AIRCALL)

__all__ = ["SELLERS"]
